//go:build !linux

package main

import "time"

// used returns the time that went by: there is no clock of the thread here.
func used() time.Duration { return wall() }

// usedByAll returns the same.
func usedByAll() time.Duration { return wall() }
