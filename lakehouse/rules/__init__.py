"""Row rules: compiled from contracts to SQL booleans, one meaning for stream and table (no engine here)."""
