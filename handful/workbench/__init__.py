"""The workbench: a page on this machine in which people label while heads learn."""
