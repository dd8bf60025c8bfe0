"""Lambda: functions of declared code, run as child processes."""
