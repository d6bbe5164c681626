"""The front door: commands, configuration, composition of the rooms, log, doctor."""
