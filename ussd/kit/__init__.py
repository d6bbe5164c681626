"""The conformance kit of the USSD port: how an operator speaks, as data, and the cases that every gateway must pass."""
