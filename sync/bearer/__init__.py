"""The SMS bearer: when nothing but GSM works, a request travels as one encrypted SMS (docs/sms-bearer.md)."""
