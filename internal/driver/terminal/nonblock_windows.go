package terminal

const nonblocking = 0
