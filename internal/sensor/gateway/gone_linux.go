package gateway

import "syscall"

// deviceGone is how a TUN device reads whose network is no more.
const deviceGone = syscall.EBADFD
