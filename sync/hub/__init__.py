"""A hub: a node that takes submissions from other nodes into custody, forwards them, and sends down what they run."""
