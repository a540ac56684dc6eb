package main

import "sync"

// A mailbox is an inbox without a bound, for protocols in which a sender that waits for room could wait for itself.
// Everywhere else an inbox is a channel with room for all that can be under way.
type mailbox[M any] struct {
	lock  sync.Mutex
	queue []M
	// Holds a token while the queue may be other than empty.
	filled chan struct{}
}

func newMailbox[M any]() *mailbox[M] {
	return &mailbox[M]{filled: make(chan struct{}, 1)}
}

func (m *mailbox[M]) send(message M) {
	m.lock.Lock()
	m.queue = append(m.queue, message)
	m.lock.Unlock()
	select {
	case m.filled <- struct{}{}:
	default:
	}
}

// receive waits for messages and takes all that are there; read is what the last call gave, and is used again.
func (m *mailbox[M]) receive(read []M) []M {
	<-m.filled
	m.lock.Lock()
	defer m.lock.Unlock()
	messages := m.queue
	m.queue = read[:0]
	return messages
}
