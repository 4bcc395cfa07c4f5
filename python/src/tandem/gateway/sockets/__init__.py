"""Socket.io: what workers announce on Redis reaches clients of both generations."""
