// sdk URL [SECONDS]: a program that is profiled by the unchanged Go SDK, which pushes CPU, heap, goroutine, mutex and
// block profiles to the server at URL. What goes over the wire is read along the way, and at the end the server is asked
// for all of it: each profile type must answer, stack by stack, the sum of what was sent. Prints TAP.
package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/pprof/profile"
	"github.com/grafana/pyroscope-go"
	googlev1 "github.com/grafana/pyroscope/api/gen/proto/go/google/v1"
	querierv1 "github.com/grafana/pyroscope/api/gen/proto/go/querier/v1"
	typesv1 "github.com/grafana/pyroscope/api/gen/proto/go/types/v1"
	"google.golang.org/protobuf/proto"

	"pyro/interop/tap"
	"pyro/interop/wire"
)

const service = "/querier.v1.QuerierService/"

// ---- what is profiled ----

var (
	lock sync.Mutex
	kept [64][]byte
)

func burn(n int) (sum int) {
	for i := range n {
		sum += i * i % 7
	}
	lock.Lock()
	kept[n%len(kept)] = make([]byte, 64<<10)
	time.Sleep(200 * time.Microsecond)
	lock.Unlock()
	return sum
}

// ---- what was sent ----

// recorder is the SDK's HTTP client: it sends the request as it is, and adds up what the server accepted.
type recorder struct {
	sync.Mutex
	sums   map[string]map[string]int64 // by kind:type:unit, by stack
	sent   int
	failed []string
}

func (r *recorder) Do(request *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return nil, err
	}
	request.Body = io.NopCloser(bytes.NewReader(body))
	answer, err := http.DefaultClient.Do(request)
	r.Lock()
	defer r.Unlock()
	switch {
	case err != nil:
		r.failed = append(r.failed, err.Error())
	case answer.StatusCode != http.StatusOK:
		r.failed = append(r.failed, answer.Status)
	default:
		if err := r.add(request, body); err != nil {
			r.failed = append(r.failed, err.Error())
		}
		r.sent++
	}
	return answer, err
}

func (r *recorder) add(request *http.Request, body []byte) error {
	_, params, err := mime.ParseMediaType(request.Header.Get("Content-Type"))
	if err != nil {
		return err
	}
	form, err := multipart.NewReader(bytes.NewReader(body), params["boundary"]).ReadForm(64 << 20)
	if err != nil {
		return err
	}
	part := func(name string) []byte {
		if len(form.File[name]) == 0 {
			return nil
		}
		f, err := form.File[name][0].Open()
		if err != nil {
			return nil
		}
		defer f.Close()
		b, _ := io.ReadAll(f)
		return b
	}
	p, err := profile.ParseData(part("profile"))
	if err != nil {
		return err
	}
	config := string(part("sample_type_config"))
	for i, t := range p.SampleType {
		key := kind(t.Type, config) + ":" + t.Type + ":" + t.Unit
		if r.sums[key] == nil {
			r.sums[key] = map[string]int64{}
		}
		for _, s := range p.Sample {
			if s.Value[i] != 0 {
				r.sums[key][path(s)] += s.Value[i]
			}
		}
	}
	return nil
}

// kind is the name that the server gives to a profile with this sample type.
func kind(sampleType, config string) string {
	switch {
	case sampleType == "cpu" || sampleType == "samples":
		return "process_cpu"
	case strings.Contains(config, "mutex_count"):
		return "mutex"
	case strings.Contains(config, "block_count"):
		return "block"
	case strings.HasPrefix(sampleType, "goroutine"):
		return "goroutines"
	}
	return "memory"
}

// bare is a name without what stands in brackets: the server drops type parameters of Go functions.
func bare(name string) string {
	var out strings.Builder
	depth := 0
	for _, c := range name {
		if c == '[' {
			depth++
		}
		if depth == 0 {
			out.WriteRune(c)
		}
		if c == ']' && depth > 0 {
			depth--
		}
	}
	return out.String()
}

func path(s *profile.Sample) string {
	var names []string
	for _, l := range slices.Backward(s.Location) {
		for _, line := range slices.Backward(l.Line) {
			names = append(names, bare(line.Function.Name))
		}
	}
	return strings.Join(names, ";")
}

// ---- what is answered ----

func answered(w wire.Way, id string, start, end int64) (map[string]int64, error) {
	r, err := wire.Call[querierv1.SelectMergeProfileRequest, googlev1.Profile](w, service+"SelectMergeProfile",
		&querierv1.SelectMergeProfileRequest{ProfileTypeID: id, LabelSelector: `{service_name="sdk.go"}`, Start: start, End: end})
	if err != nil {
		return nil, err
	}
	raw, err := proto.Marshal(r)
	if err != nil {
		return nil, err
	}
	p, err := profile.ParseUncompressed(raw)
	if err != nil {
		return nil, err
	}
	sums := map[string]int64{}
	for _, s := range p.Sample {
		sums[path(s)] += s.Value[0]
	}
	return sums, p.CheckValid()
}

func difference(got, want map[string]int64) string {
	var lines []string
	for stack := range maps.Keys(want) {
		if got[stack] != want[stack] {
			lines = append(lines, fmt.Sprintf("%d, expected %d: %s", got[stack], want[stack], stack))
		}
	}
	for stack := range maps.Keys(got) {
		if _, there := want[stack]; !there {
			lines = append(lines, fmt.Sprintf("%d, never sent: %s", got[stack], stack))
		}
	}
	return strings.Join(lines, "\n")
}

func run(url string, seconds int, r *recorder) {
	runtime.SetMutexProfileFraction(5)
	runtime.SetBlockProfileRate(1000)
	p, err := pyroscope.Start(pyroscope.Config{
		ApplicationName: "sdk.go", ServerAddress: url, HTTPClient: r,
		Tags: map[string]string{"region": "eu", "version": "1.2.3"},
		ProfileTypes: []pyroscope.ProfileType{pyroscope.ProfileCPU, pyroscope.ProfileAllocObjects,
			pyroscope.ProfileAllocSpace, pyroscope.ProfileInuseObjects, pyroscope.ProfileInuseSpace,
			pyroscope.ProfileGoroutines, pyroscope.ProfileMutexCount, pyroscope.ProfileMutexDuration,
			pyroscope.ProfileBlockCount, pyroscope.ProfileBlockDuration},
	})
	if err != nil {
		tap.Bail(err)
	}
	end := time.Now().Add(time.Duration(seconds) * time.Second)
	var workers sync.WaitGroup
	for g := range 3 {
		workers.Go(func() {
			pyroscope.TagWrapper(context.Background(), pyroscope.Labels("worker", strconv.Itoa(g)), func(context.Context) {
				for time.Now().Before(end) {
					burn(20000 + g)
				}
			})
		})
	}
	workers.Wait()
	p.Flush(true)
	if err := p.Stop(); err != nil {
		tap.Bail(err)
	}
}

func main() {
	url, seconds := os.Args[1], 20
	if len(os.Args) > 2 {
		seconds, _ = strconv.Atoi(os.Args[2])
	}
	ways, err := wire.Ways(url)
	if err != nil {
		tap.Bail(err)
	}
	start := time.Now().Add(-time.Minute).UnixMilli()
	r := &recorder{sums: map[string]map[string]int64{}}
	run(url, seconds, r)
	end := time.Now().Add(time.Minute).UnixMilli()
	tap.OK(r.sent > 0 && len(r.failed) == 0, fmt.Sprintf("the server took %d uploads of the SDK", r.sent), r.failed)

	ids := map[string]string{}
	types, err := wire.Call[querierv1.ProfileTypesRequest, querierv1.ProfileTypesResponse](ways[0], service+"ProfileTypes",
		&querierv1.ProfileTypesRequest{Start: start, End: end})
	if err != nil {
		tap.Bail(err)
	}
	for _, t := range types.ProfileTypes {
		ids[t.Name+":"+t.SampleType+":"+t.SampleUnit] = t.ID
	}
	for _, key := range []string{"process_cpu:cpu:nanoseconds", "process_cpu:samples:count", "memory:alloc_objects:count",
		"memory:alloc_space:bytes", "memory:inuse_objects:count", "memory:inuse_space:bytes", "goroutines:goroutine:count",
		"mutex:contentions:count", "mutex:delay:nanoseconds", "block:contentions:count", "block:delay:nanoseconds"} {
		sent := r.sums[key]
		if !tap.OK(len(sent) > 0 && ids[key] != "", "the SDK sends "+key+", the server lists it", slices.Sorted(maps.Keys(ids)), slices.Sorted(maps.Keys(r.sums))) {
			continue
		}
		got, err := answered(ways[0], ids[key], start, end)
		if tap.Nil(err, "the server answers "+ids[key]) {
			d := difference(got, sent)
			tap.OK(d == "", fmt.Sprintf("%s: %d stacks with their sums", key, len(sent)), d)
		}
	}
	labels, err := wire.Call[typesv1.LabelValuesRequest, typesv1.LabelValuesResponse](ways[0], service+"LabelValues",
		&typesv1.LabelValuesRequest{Name: "worker", Matchers: []string{`{service_name="sdk.go"}`}, Start: start, End: end})
	tap.OK(err == nil && slices.Equal(labels.Names, []string{"0", "1", "2"}), "labels of samples became labels of series", labels, err)
	series, err := wire.Call[querierv1.SeriesRequest, querierv1.SeriesResponse](ways[0], service+"Series",
		&querierv1.SeriesRequest{Matchers: []string{`{service_name="sdk.go"}`}, LabelNames: []string{"region", "version"}, Start: start, End: end})
	tap.OK(err == nil && len(series.LabelsSet) == 1 && len(series.LabelsSet[0].Labels) == 2, "tags became labels", series, err)
	tap.Done()
}
