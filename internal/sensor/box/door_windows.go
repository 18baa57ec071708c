package box

import (
	"context"
	"os"
)

// runner runs one program with the given standard streams.
type runner func(ctx context.Context, o Order, files [3]*os.File) (status int, err error)

// door is the socket by which programs are ordered into sandboxes, which
// there are none of here.
type door struct{}

func openDoor(context.Context, string, runner) (*door, error) { return nil, errOther }
func (*door) path() string                                    { return "" }
func (*door) close()                                          {}
