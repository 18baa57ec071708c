package casefile

// syncFolder does nothing: Windows writes names with their files, and has no
// call for a directory.
func syncFolder(string) error { return nil }
