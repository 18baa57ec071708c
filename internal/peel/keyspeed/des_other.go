//go:build !amd64

package keyspeed

// bestDES is the only level there is.
func bestDES() level { return portable }

func (d *DES) runFast(int, bool) {}
