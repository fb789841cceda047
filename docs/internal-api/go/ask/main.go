// Asks Sallyport about the token on standard input: go run ./ask 127.0.0.1:9194
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	access "example.com/service/accesspb"
)

func main() {
	// On any network, use credentials.NewTLS.
	connection, err := grpc.NewClient(os.Args[1], grpc.WithTransportCredentials(insecure.NewCredentials()))
	check(err)
	defer connection.Close()
	client := access.NewAccessServiceClient(connection)
	input, err := io.ReadAll(os.Stdin)
	check(err)
	token := &access.AuthorizeRequest_Token{Token: strings.TrimSpace(string(input))}

	// Without a deadline, a call may wait for ever.
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	if own, ok := os.LookupEnv("SALLYPORT_TOKEN"); ok {
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+own)
	}

	send := &access.AuthorizeRequest_Scope{Scope: "messages:send"}
	answer, err := client.Authorize(ctx, &access.AuthorizeRequest{Credential: token, Question: send})
	check(err)
	if answer.Allowed {
		fmt.Println("allowed:", answer.Identity.GetSubject())
	} else {
		fmt.Println("denied:", answer.Reason)
	}

	list := &access.AuthorizeRequest_Scope{Scope: "messages:list"}
	devices := &access.AuthorizeRequest_Request{
		Request: &access.HttpRequest{Method: "GET", Host: "sms.example", Path: "/3rdparty/v1/devices"},
	}
	many, err := client.AuthorizeMany(ctx, &access.AuthorizeManyRequest{Questions: []*access.AuthorizeRequest{
		{Credential: token, Question: list},
		{Credential: token, Question: devices},
	}})
	check(err)
	for _, one := range many.Answers {
		if one.GetResponse().GetAllowed() {
			fmt.Println("allowed")
		} else {
			fmt.Println("denied:", one.GetResponse().GetReason())
		}
	}

	found, err := client.Introspect(ctx, &access.IntrospectRequest{Token: token.Token})
	check(err)
	if found.Active {
		fmt.Println("active:", found.GetScope())
	} else {
		fmt.Println("not active")
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
