package tsa

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"
)

// Serve answers on a free port of loopback. stop ends it and returns when all
// is closed.
func Serve(ctx context.Context, handler http.Handler) (url string, stop func() error, err error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, fmt.Errorf("starting a time-stamping authority: %w", err)
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(listener) // it ends when it is closed
	}()
	stop = func() error {
		err := server.Close()
		<-ended
		return err
	}
	return "http://" + listener.Addr().String() + "/", stop, nil
}
