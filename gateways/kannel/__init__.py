"""Kannel: messages through its smsbox, and with it through any SMSC that Kannel speaks to."""
