"""Gateways that serve both doors over one connection or one contract: they stand above the rooms of USSD and SMS."""
