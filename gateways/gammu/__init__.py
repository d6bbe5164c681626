"""A local modem by the spool of gammu-smsd: messages as files, and no line of its code in ours."""
