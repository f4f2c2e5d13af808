"""What the portal does: actions, permissions and the pipeline."""
