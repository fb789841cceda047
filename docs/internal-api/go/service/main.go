// A service that keeps answers: go run ./service 127.0.0.1:9194. Each line of standard input is a token and a scope.
package main

import (
	"bufio"
	"context"
	"fmt"
	"log"
	"os"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	access "example.com/service/accesspb"
	"example.com/service/kept"
)

const (
	// The next stream begins so long before the former one ends.
	handoverMs = 15_000
	retry      = 200 * time.Millisecond
)

type service struct {
	client  access.AccessServiceClient
	answers *kept.Answers
}

func (s *service) follow() {
	watch := &kept.Watch{SentAt: kept.Now()}
	followOnce := sync.OnceFunc(func() { go s.follow() })
	s.read(watch, followOnce)
	s.answers.Ended(watch)
	time.Sleep(retry)
	followOnce()
}

func (s *service) read(watch *kept.Watch, followOnce func()) {
	ctx, cancel := context.WithTimeout(caller(), 90*time.Second)
	defer cancel()
	request := &access.WatchRevocationsRequest{CallerTime: watch.SentAt.Milliseconds()}
	stream, err := s.client.WatchRevocations(ctx, request)
	for err == nil {
		var message *access.WatchRevocationsResponse
		if message, err = stream.Recv(); err != nil {
			break
		}
		switch event := message.Event.(type) {
		case *access.WatchRevocationsResponse_Changed:
			s.answers.Changed(event.Changed.Keys)
		case *access.WatchRevocationsResponse_Reset_:
			s.answers.Reset()
		case *access.WatchRevocationsResponse_Beat:
			s.answers.Beat(watch, event.Beat)
			if event.Beat.EndsInMs < handoverMs {
				followOnce()
			}
		}
	}
}

// Asks, unless an answer is kept. Anything that goes wrong denies.
func (s *service) authorize(token, scope string) string {
	question := scope + " " + token
	if s.answers.Find(question) != nil {
		return "allowed, kept"
	}
	askedAt := kept.Now()
	ctx, cancel := context.WithTimeout(caller(), time.Second)
	defer cancel()
	answer, err := s.client.Authorize(ctx, &access.AuthorizeRequest{
		Credential: &access.AuthorizeRequest_Token{Token: token},
		Question:   &access.AuthorizeRequest_Scope{Scope: scope},
	})
	if err != nil {
		return "denied: no answer"
	}
	s.answers.Keep(question, askedAt, answer)
	if !answer.Allowed {
		return "denied: " + answer.Reason
	}
	return "allowed, asked"
}

// The caller's own token, for the metadata of each call.
func caller() context.Context {
	if own, ok := os.LookupEnv("SALLYPORT_TOKEN"); ok {
		return metadata.AppendToOutgoingContext(context.Background(), "authorization", "Bearer "+own)
	}
	return context.Background()
}

func main() {
	connection, err := grpc.NewClient(os.Args[1], grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		log.Fatal(err)
	}
	s := &service{access.NewAccessServiceClient(connection), kept.NewAnswers()}
	go s.follow()
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		token, scope, _ := strings.Cut(lines.Text(), " ")
		fmt.Println(s.authorize(token, scope))
	}
}
