"""The one road of a stake: place, step, settle, void; lanes and their writer."""
