"""The Slack edge: listeners in, messages out. Use cases decide; views lay out; nothing here keeps state."""
