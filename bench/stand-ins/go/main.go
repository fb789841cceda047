// Answers ext_authz checks by a look-up of the token, and nothing else: what a server of grpc-go costs at least.
package main

import (
	"bufio"
	"context"
	"log"
	"net"
	"os"

	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	auth "github.com/envoyproxy/go-control-plane/envoy/service/auth/v3"
	"google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc"
)

var identity = [][2]string{
	{"x-auth-subject", "account-7c9e6679-7425-40de-944b-e07fc1f90ae7"},
	{"x-auth-scopes", "messages:send messages:read messages:list"},
	{"x-auth-token-id", "V1StGXR8_Z5jdHi6B-myT"},
	{"x-auth-issuer", "partner"},
	{"x-auth-scheme", "bearer"},
}

type authorization struct {
	auth.UnimplementedAuthorizationServer
	known map[string]bool
}

func (a *authorization) Check(_ context.Context, check *auth.CheckRequest) (*auth.CheckResponse, error) {
	if !a.known[credential(check.GetAttributes().GetRequest().GetHttp())] {
		return &auth.CheckResponse{Status: &status.Status{Code: 16}}, nil
	}
	ok := &auth.OkHttpResponse{HeadersToRemove: []string{"authorization"}}
	for _, field := range identity {
		ok.Headers = append(ok.Headers, &core.HeaderValueOption{
			Header:       &core.HeaderValue{Key: field[0], Value: field[1]},
			AppendAction: core.HeaderValueOption_OVERWRITE_IF_EXISTS_OR_ADD,
		})
	}
	return &auth.CheckResponse{
		Status:       &status.Status{},
		HttpResponse: &auth.CheckResponse_OkResponse{OkResponse: ok},
	}, nil
}

func credential(http *auth.AttributeContext_HttpRequest) string {
	for _, header := range http.GetHeaderMap().GetHeaders() {
		if header.GetKey() == "authorization" {
			return string(header.GetRawValue())
		}
	}
	return http.GetHeaders()["authorization"]
}

// Arguments: the port, and a file with one Authorization value a line.
func main() {
	file, err := os.Open(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	known := map[string]bool{}
	for lines := bufio.NewScanner(file); lines.Scan(); {
		known[lines.Text()] = true
	}
	listener, err := net.Listen("tcp", "127.0.0.1:"+os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	server := grpc.NewServer()
	auth.RegisterAuthorizationServer(server, &authorization{known: known})
	log.Fatal(server.Serve(listener))
}
