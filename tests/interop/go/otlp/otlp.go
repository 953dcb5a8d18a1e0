// otlp URL: sends profiles as the OpenTelemetry Collector does, with its own library, over gRPC and HTTP, in protobuf
// and JSON, and asks the server for each: stacks, sums and labels must be those that were sent. The library writes the
// names and texts of attributes as references into the dictionary. Prints TAP.
package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pprofile"
	"go.opentelemetry.io/collector/pdata/pprofile/pprofileotlp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	_ "google.golang.org/grpc/encoding/gzip" // registers the compressor
	"google.golang.org/grpc/status"
)

const (
	path    = "/v1development/profiles"
	flame   = "/querier.v1.QuerierService/SelectMergeStacktraces"
	spans   = "/querier.v1.QuerierService/SelectMergeSpanProfile"
	series  = "/querier.v1.QuerierService/Series"
	cpu     = "process_cpu:cpu:nanoseconds:cpu:nanoseconds"
	period  = 10_000_000
	span    = "0102030405060708"
	samples = 3 + 2 + 4 // of the two stacks: a value, two timestamps, a value with a link
)

var count, failed int

func ok(good bool, title string, why ...any) {
	count++
	if good {
		fmt.Printf("ok %d - %s\n", count, title)
		return
	}
	failed++
	fmt.Printf("not ok %d - %s\n# %s\n", count, title, strings.ReplaceAll(fmt.Sprint(why...), "\n", "\n# "))
}

// table holds the strings of a dictionary.
type table struct{ pcommon.StringSlice }

func (t table) index(s string) int32 {
	for i := range t.Len() {
		if t.At(i) == s {
			return int32(i)
		}
	}
	t.Append(s)
	return int32(t.Len() - 1)
}

// request is one profile of two stacks of the service.
func request(service string, at time.Time) pprofileotlp.ExportRequest {
	all := pprofile.NewProfiles()
	d := all.Dictionary()
	text := table{d.StringTable()}
	text.index("")
	d.MappingTable().AppendEmpty()
	d.LocationTable().AppendEmpty()
	d.FunctionTable().AppendEmpty()
	d.LinkTable().AppendEmpty()
	d.StackTable().AppendEmpty()
	d.AttributeTable().AppendEmpty()
	m := d.MappingTable().AppendEmpty()
	m.SetMemoryStart(0x1000)
	m.SetMemoryLimit(0x9000)
	m.SetFilenameStrindex(text.index("/bin/otlp"))
	for i, name := range []string{"main", "serve", "encode"} {
		f := d.FunctionTable().AppendEmpty()
		f.SetNameStrindex(text.index(name))
		f.SetFilenameStrindex(text.index("otlp.go"))
		l := d.LocationTable().AppendEmpty()
		l.SetMappingIndex(1)
		l.SetAddress(uint64(0x1000 + 16*i))
		line := l.Lines().AppendEmpty()
		line.SetFunctionIndex(int32(i + 1))
		line.SetLine(int64(10 * (i + 1)))
	}
	d.StackTable().AppendEmpty().LocationIndices().FromRaw([]int32{2, 1})    // main;serve
	d.StackTable().AppendEmpty().LocationIndices().FromRaw([]int32{3, 2, 1}) // main;serve;encode
	link := d.LinkTable().AppendEmpty()
	link.SetSpanID([8]byte{1, 2, 3, 4, 5, 6, 7, 8})
	link.SetTraceID([16]byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16})

	r := all.ResourceProfiles().AppendEmpty()
	r.Resource().Attributes().PutStr("service.name", service)
	r.Resource().Attributes().PutStr("deployment.environment", "test")
	r.Resource().Attributes().PutInt("process.pid", 77)
	scope := r.ScopeProfiles().AppendEmpty()
	scope.Scope().SetName("interop")
	p := scope.Profiles().AppendEmpty()
	p.SampleType().SetTypeStrindex(text.index("samples"))
	p.SampleType().SetUnitStrindex(text.index("count"))
	p.PeriodType().SetTypeStrindex(text.index("cpu"))
	p.PeriodType().SetUnitStrindex(text.index("nanoseconds"))
	p.SetPeriod(period)
	p.SetTime(pcommon.NewTimestampFromTime(at))
	p.SetDurationNano(uint64(10 * time.Second))
	s := p.Samples().AppendEmpty()
	s.SetStackIndex(1)
	s.Values().Append(3)
	s = p.Samples().AppendEmpty()
	s.SetStackIndex(1)
	s.TimestampsUnixNano().Append(uint64(at.UnixNano()), uint64(at.UnixNano()+1))
	s = p.Samples().AppendEmpty()
	s.SetStackIndex(2)
	s.SetLinkIndex(1)
	s.Values().Append(4)
	return pprofileotlp.NewExportRequestFromProfiles(all)
}

func post(url, contentType string, body []byte, packed bool) (int, string, error) {
	if packed {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		w.Write(body)
		w.Close()
		body = b.Bytes()
	}
	r, err := http.NewRequest("POST", url, bytes.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	r.Header.Set("Content-Type", contentType)
	if packed {
		r.Header.Set("Content-Encoding", "gzip")
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return answer.StatusCode, string(text), err
}

// sendHTTP returns how the server refused it.
func sendHTTP(url, contentType string, body []byte, err error, packed bool) error {
	if err != nil {
		return err
	}
	code, text, err := post(url+path, contentType, body, packed)
	if err == nil && code != 200 {
		err = fmt.Errorf("status %d: %s", code, text)
	}
	return err
}

func ask(url string, question map[string]any) string {
	body, _ := json.Marshal(question)
	_, text, err := post(url, "application/json", body, false)
	if err != nil {
		return err.Error()
	}
	return text
}

// check asks for what was sent as the service.
func check(url, service string, at time.Time) {
	var got struct {
		Flamegraph struct {
			Names []string
			Total string
		}
	}
	question := map[string]any{
		"profileTypeID": cpu, "labelSelector": fmt.Sprintf("{service_name=%q}", service),
		"start": at.Add(-time.Minute).UnixMilli(), "end": at.Add(time.Minute).UnixMilli(),
	}
	answer := ask(url+flame, question)
	json.Unmarshal([]byte(answer), &got)
	ok(strings.Join(got.Flamegraph.Names, " ") == "total main serve encode", service+": its functions", answer)
	ok(got.Flamegraph.Total == fmt.Sprint(samples*period), service+": samples count as time", answer)
	question["spanSelector"] = []string{span}
	answer = ask(url+spans, question)
	json.Unmarshal([]byte(answer), &got)
	ok(got.Flamegraph.Total == fmt.Sprint(4*period), service+": the samples of a span", answer)
	answer = ask(url+series, map[string]any{
		"matchers": []string{fmt.Sprintf("{service_name=%q}", service)}, "labelNames": []string{"deployment_environment", "process_pid"},
		"start": question["start"], "end": question["end"],
	})
	ok(strings.Contains(answer, `"test"`) && strings.Contains(answer, `"77"`), service+": attributes of the resource are labels", answer)
}

func main() {
	url := os.Args[1]
	at := time.Now().Add(-5 * time.Minute).Truncate(time.Second)
	conn, err := grpc.NewClient(strings.TrimPrefix(url, "http://"), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		fmt.Println("Bail out!", err)
		os.Exit(1)
	}
	client := pprofileotlp.NewGRPCClient(conn)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()

	send := map[string]func(pprofileotlp.ExportRequest) error{
		"grpc": func(r pprofileotlp.ExportRequest) error {
			_, err := client.Export(ctx, r)
			return err
		},
		"grpc-gzip": func(r pprofileotlp.ExportRequest) error {
			_, err := client.Export(ctx, r, grpc.UseCompressor("gzip"))
			return err
		},
		"http": func(r pprofileotlp.ExportRequest) error {
			body, err := r.MarshalProto()
			return sendHTTP(url, "application/x-protobuf", body, err, false)
		},
		"http-gzip": func(r pprofileotlp.ExportRequest) error {
			body, err := r.MarshalProto()
			return sendHTTP(url, "application/x-protobuf", body, err, true)
		},
		"json": func(r pprofileotlp.ExportRequest) error {
			body, err := r.MarshalJSON()
			return sendHTTP(url, "application/json", body, err, false)
		},
		"json-gzip": func(r pprofileotlp.ExportRequest) error {
			body, err := r.MarshalJSON()
			return sendHTTP(url, "application/json; charset=utf-8", body, err, true)
		},
	}
	for _, name := range []string{"grpc", "grpc-gzip", "http", "http-gzip", "json", "json-gzip"} {
		err := send[name](request("otlp-"+name, at))
		ok(err == nil, name+": taken", err)
		check(url, "otlp-"+name, at)
	}

	bad := pprofileotlp.NewExportRequestFromProfiles(pprofile.NewProfiles())
	_, err = client.Export(ctx, bad)
	ok(status.Code(err) == codes.InvalidArgument, "nothing to export is an invalid argument", err)
	old := request("otlp-old", at.Add(-48*time.Hour))
	_, err = client.Export(ctx, old)
	ok(err != nil && strings.Contains(err.Error(), "is outside of ingestion window"), "old profiles are refused", err)
	body, err := old.MarshalProto()
	err = sendHTTP(url, "application/x-protobuf", body, err, false)
	ok(err != nil && strings.Contains(err.Error(), "status 400: "), "and that is 400 over HTTP", err)
	fmt.Printf("1..%d\n", count)
	if failed > 0 {
		os.Exit(1)
	}
}
