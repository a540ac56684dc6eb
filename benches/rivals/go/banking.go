package main

import "sync"

// A credit goes on to its recipient, then to the teller; a debit is answered to who pays.
type accountMessage struct {
	amount    int64
	recipient chan<- accountMessage
	reply     chan<- struct{}
}

// Bank Transaction: as Logistic Map Series, with chains of waiting actors. Who receives has a higher number than who
// pays, so nobody waits in a circle, for room in an inbox neither.
func banking(p parameters) answer {
	accounts := make([]chan accountMessage, p["accounts"])
	balances := make([]int64, len(accounts))
	done := make(chan struct{}, 1024)
	var ended sync.WaitGroup
	ended.Add(len(accounts))
	for i := range accounts {
		inbox := make(chan accountMessage, 64)
		accounts[i] = inbox
		go func(balance *int64) {
			defer ended.Done()
			*balance = keepAccount(inbox, done)
		}(&balances[i])
	}
	transact(accounts, p["transactions"], done)
	for _, account := range accounts {
		close(account)
	}
	ended.Wait()
	return fingerprint(balances)
}

// transact sends all transactions as fast as the accounts have room for them, and waits until they are done.
func transact(accounts []chan accountMessage, transactions int, done <-chan struct{}) {
	random := newGenerator(123456)
	payers := len(accounts) / 10 * 8
	if payers == 0 {
		payers = 1
	}
	underWay := 0
	for ; transactions > 0; transactions-- {
		from := random.below(payers)
		distance := random.below(len(accounts) - from)
		if distance == 0 {
			distance = 1
		}
		credit := accountMessage{amount: int64(random.real() * 1e6), recipient: accounts[from+distance]}
		for sent := false; !sent; {
			select {
			case accounts[from] <- credit:
				underWay++
				sent = true
			case <-done:
				underWay--
			}
		}
	}
	for ; underWay > 0; underWay-- {
		<-done
	}
}

func keepAccount(inbox <-chan accountMessage, teller chan<- struct{}) (balance int64) {
	received := make(chan struct{}, 1)
	for message := range inbox {
		if message.recipient == nil {
			balance += message.amount
			message.reply <- struct{}{}
			continue
		}
		balance -= message.amount
		message.recipient <- accountMessage{amount: message.amount, reply: received}
		<-received
		teller <- struct{}{}
	}
	return balance
}

// fingerprint is one number that tells balances apart.
func fingerprint(balances []int64) uint64 {
	sum, weighted := int64(0), int64(0)
	for i, balance := range balances {
		sum += balance
		weighted += int64(i+1) * balance
	}
	check(sum == 0, "money was made or lost: %d", sum)
	return uint64(weighted)
}
