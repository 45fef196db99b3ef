"""The command line: one module for each family of commands, all asking through `pipeline.service.Service`."""
