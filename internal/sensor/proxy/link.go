package proxy

import (
	"bufio"
	"bytes"
	"errors"
	"net"
)

// linkBuffer is large enough for a TLS ClientHello in one record.
const linkBuffer = 20 << 10

// link is one end of a leg: a connection with a read buffer that can be
// watched for its next byte while something else is awaited. One goroutine
// reads at a time; the watch counts as that goroutine's.
type link struct {
	net.Conn
	br       *bufio.Reader
	watching chan struct{} // nil, or closed when the watch has its answer
}

func newLink(c net.Conn) *link {
	return &link{Conn: c, br: bufio.NewReaderSize(c, linkBuffer)}
}

// watch returns a channel that is closed when a byte has come or no byte
// will ever come. After that, next tells which.
func (l *link) watch() <-chan struct{} {
	if l.watching == nil {
		done := make(chan struct{})
		l.watching = done
		go func() {
			defer close(done)
			_, _ = l.br.Peek(1) // next and Read get the error again
		}()
	}
	return l.watching
}

// settle waits for a watch, if there is one.
func (l *link) settle() {
	if l.watching != nil {
		<-l.watching
		l.watching = nil
	}
}

// spoke reports, of a watch that has its answer, whether a byte came.
func (l *link) spoke() bool {
	l.settle()
	return l.br.Buffered() > 0
}

// Read reads through the buffer, so that what was peeked is not lost.
func (l *link) Read(b []byte) (int, error) {
	l.settle()
	return l.br.Read(b)
}

// next waits for at least one byte and returns what has come, without
// taking it; skip takes it.
func (l *link) next() ([]byte, error) {
	l.settle()
	if _, err := l.br.Peek(1); err != nil {
		return nil, err
	}
	return l.br.Peek(l.br.Buffered())
}

func (l *link) skip(n int) { _, _ = l.br.Discard(n) } // n bytes are buffered

// more waits for at least one byte more than n. At the buffer's end it
// returns what there is.
func (l *link) more(n int) ([]byte, error) {
	l.settle()
	b, err := l.br.Peek(n + 1)
	if err != nil {
		return b, err
	}
	return l.br.Peek(l.br.Buffered())
}

var errHeadTooLong = errors.New("the head is too long")

// head takes a whole HTTP head, blank line included. On an error it returns
// what had come.
func (l *link) head(limit int) ([]byte, error) {
	l.settle()
	var head []byte
	begun, fresh := false, true // a line has come; this piece begins one
	for {
		piece, err := l.br.ReadSlice('\n')
		head = append(head, piece...)
		if len(head) > limit {
			return head, errHeadTooLong
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return head, err
		}
		blank := fresh && len(bytes.TrimRight(piece, "\r\n")) == 0
		if blank && begun {
			return head, nil
		}
		begun, fresh = begun || !blank, err == nil
	}
}

// closeWrite tells the other end that nothing more comes, as far as the
// connection can say that.
func (l *link) closeWrite() {
	if half, ok := l.Conn.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite() // the other direction tells what went wrong
		return
	}
	_ = l.Close()
}
