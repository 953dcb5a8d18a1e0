// Package wire calls a server's procedures over every protocol that it speaks: Connect with protobuf and with JSON,
// gRPC-web, gRPC over HTTP/2, each with and without gzip, and gRPC by grpc-go, a second implementation; without TLS or, of
// an https address, over it.
package wire

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"strings"

	"connectrpc.com/connect"
	"golang.org/x/net/http2"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	_ "google.golang.org/grpc/encoding/gzip" // registers the compressor
	"google.golang.org/grpc/status"
)

// A Way is a protocol with its settings.
type Way struct {
	Name    string
	url     string
	http    *http.Client
	options []connect.ClientOption
	grpc    *grpc.ClientConn
	calls   []grpc.CallOption
}

func plain(url string) (h1, h2 *http.Client, address string, security credentials.TransportCredentials) {
	h2 = &http.Client{Transport: &http2.Transport{
		AllowHTTP: true,
		DialTLSContext: func(ctx context.Context, network, address string, _ *tls.Config) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, address)
		},
	}}
	return http.DefaultClient, h2, strings.TrimPrefix(url, "http://"), insecure.NewCredentials()
}

// secure trusts what the system trusts, or SSL_CERT_FILE.
func secure(url string) (h1, h2 *http.Client, address string, security credentials.TransportCredentials) {
	// an empty map: HTTP/2 is not offered
	h1 = &http.Client{Transport: &http.Transport{TLSNextProto: map[string]func(string, *tls.Conn) http.RoundTripper{}}}
	h2 = &http.Client{Transport: &http2.Transport{}}
	return h1, h2, strings.TrimPrefix(url, "https://"), credentials.NewTLS(nil)
}

// Ways lists all protocols for the server at url.
func Ways(url string) ([]Way, error) {
	h1, h2, address, security := plain(url)
	if strings.HasPrefix(url, "https://") {
		h1, h2, address, security = secure(url)
	}
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(security),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(1<<30)))
	if err != nil {
		return nil, err
	}
	gzip := connect.WithSendGzip()
	return []Way{
		{Name: "connect", url: url, http: h1},
		{Name: "connect, gzip", url: url, http: h1, options: []connect.ClientOption{gzip}},
		{Name: "connect, HTTP/2", url: url, http: h2},
		{Name: "json", url: url, http: h1, options: []connect.ClientOption{connect.WithProtoJSON()}},
		{Name: "json, gzip", url: url, http: h1, options: []connect.ClientOption{connect.WithProtoJSON(), gzip}},
		{Name: "gRPC-web", url: url, http: h1, options: []connect.ClientOption{connect.WithGRPCWeb()}},
		{Name: "gRPC-web, gzip", url: url, http: h1, options: []connect.ClientOption{connect.WithGRPCWeb(), gzip}},
		{Name: "gRPC", url: url, http: h2, options: []connect.ClientOption{connect.WithGRPC()}},
		{Name: "gRPC, gzip", url: url, http: h2, options: []connect.ClientOption{connect.WithGRPC(), gzip}},
		{Name: "grpc-go", grpc: conn},
		{Name: "grpc-go, gzip", grpc: conn, calls: []grpc.CallOption{grpc.UseCompressor("gzip")}},
	}, nil
}

// Call asks one procedure, such as "/querier.v1.QuerierService/Series".
func Call[Req, Res any](w Way, procedure string, request *Req) (*Res, error) {
	if w.grpc != nil {
		answer := new(Res)
		return answer, w.grpc.Invoke(context.Background(), procedure, request, answer, w.calls...)
	}
	c := connect.NewClient[Req, Res](w.http, w.url+procedure, w.options...)
	r, err := c.CallUnary(context.Background(), connect.NewRequest(request))
	if err != nil {
		return nil, err
	}
	return r.Msg, nil
}

// Code names the code of an error the same way for both libraries, with its text.
func Code(w Way, err error) (connect.Code, string) {
	if err == nil {
		return 0, ""
	}
	if w.grpc != nil {
		s := status.Convert(err)
		return connect.Code(s.Code()), s.Message()
	}
	text := err.Error()
	if _, rest, found := strings.Cut(text, ": "); found {
		text = rest
	}
	return connect.CodeOf(err), text
}
