"""A gateway of Sala for Telnyx: one address for all that it says, each event signed with a public key."""
