"""The conformance kit of the SMS port: how an operator speaks, as data, and the cases that every gateway must pass."""
