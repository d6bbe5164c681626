"""The memory of a node: every row, all SQL, and the one writer that makes key presses durable."""
