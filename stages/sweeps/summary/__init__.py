"""What the sweeps of one dataset say together: factors ranked, claims decided, a recommendation."""
