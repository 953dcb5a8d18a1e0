// ask URL TIME [push]: pushes known profiles from TIME (Unix seconds, minutes ago) on over every protocol and asks every
// call of the read API over every protocol: all answers must be equal, and equal to what this program knows of its
// profiles. Without the word push it only asks, a server that has them already. Prints TAP.
package main

import (
	"encoding/binary"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"connectrpc.com/connect"
	googlev1 "github.com/grafana/pyroscope/api/gen/proto/go/google/v1"
	pushv1 "github.com/grafana/pyroscope/api/gen/proto/go/push/v1"
	querierv1 "github.com/grafana/pyroscope/api/gen/proto/go/querier/v1"
	typesv1 "github.com/grafana/pyroscope/api/gen/proto/go/types/v1"
	"google.golang.org/protobuf/proto"

	"pyro/interop/tap"
	"pyro/interop/wire"
)

const (
	service = "/querier.v1.QuerierService/"
	cpu     = "process_cpu:cpu:nanoseconds:cpu:nanoseconds"
	count   = "process_cpu:samples:count:cpu:nanoseconds"
	rounds  = 5  // profiles of each series
	step    = 15 // seconds between them
)

// stack is a call stack, root first, with its two values.
type stack struct {
	frames    string
	count, ns int64
}

// stacks of the profile number round of series number series.
func stacks(series, round int) []stack {
	s, r := int64(series+1), int64(round+1)
	return []stack{
		{"main;serve;parse", 3 * s * r, 30_000_000 * s * r},
		{"main;serve;encode", 2 * s, 20_000_000 * s},
		{"main;idle", r, 10_000_000 * r},
		{fmt.Sprintf("main;serve;only%d", series), 1, 10_000_000},
	}
}

func profile(all []stack, at time.Time) ([]byte, error) {
	p := &googlev1.Profile{StringTable: []string{""}, TimeNanos: at.UnixNano(), DurationNanos: int64(step * time.Second)}
	text := func(s string) int64 {
		if n := slices.Index(p.StringTable, s); n >= 0 {
			return int64(n)
		}
		p.StringTable = append(p.StringTable, s)
		return int64(len(p.StringTable) - 1)
	}
	kind := func(t, unit string) *googlev1.ValueType { return &googlev1.ValueType{Type: text(t), Unit: text(unit)} }
	p.SampleType = []*googlev1.ValueType{kind("samples", "count"), kind("cpu", "nanoseconds")}
	p.PeriodType, p.Period = kind("cpu", "nanoseconds"), 10_000_000
	p.Mapping = []*googlev1.Mapping{{Id: 1, MemoryStart: 0x1000, MemoryLimit: 0x9000, Filename: text("/bin/ask"), HasFunctions: true}}
	ids := map[string]uint64{}
	for _, s := range all {
		sample := &googlev1.Sample{Value: []int64{s.count, s.ns}}
		for _, name := range strings.Split(s.frames, ";") {
			if ids[name] == 0 {
				id := uint64(len(ids) + 1)
				ids[name] = id
				p.Function = append(p.Function, &googlev1.Function{Id: id, Name: text(name), SystemName: text(name), Filename: text("ask.go"), StartLine: int64(id)})
				p.Location = append(p.Location, &googlev1.Location{Id: id, MappingId: 1, Address: 0x1000 + 16*id, Line: []*googlev1.Line{{FunctionId: id, Line: int64(10 * id)}}})
			}
			sample.LocationId = append([]uint64{ids[name]}, sample.LocationId...)
		}
		p.Sample = append(p.Sample, sample)
	}
	return proto.Marshal(p)
}

// sums is what this program knows: nanoseconds by stack, by series and point in time.
type sums struct {
	stacks map[string]int64
	series map[string]map[int64]int64
	total  int64
	first  time.Time
	last   time.Time
}

func one(w wire.Way, pod string, all []stack, at time.Time) {
	raw, err := profile(all, at)
	if err != nil {
		tap.Bail(err)
	}
	labels := []*typesv1.LabelPair{{Name: "__name__", Value: "process_cpu"}, {Name: "service_name", Value: "ask"},
		{Name: "pod", Value: pod}, {Name: "way", Value: w.Name}}
	_, err = wire.Call[pushv1.PushRequest, pushv1.PushResponse](w, "/push.v1.PusherService/Push", &pushv1.PushRequest{
		Series: []*pushv1.RawProfileSeries{{Labels: labels, Samples: []*pushv1.RawSample{{RawProfile: raw}}}}})
	if err != nil {
		tap.Bail("push over ", w.Name, ": ", err)
	}
}

// push sends everything, unless only the sums are wanted.
func push(ways []wire.Way, base time.Time, send bool) sums {
	know := sums{map[string]int64{}, map[string]map[int64]int64{}, 0, base, base}
	for i, w := range ways {
		pod := fmt.Sprintf("pod-%02d", i)
		know.series[pod] = map[int64]int64{}
		for r := range rounds {
			at := base.Add(time.Duration(r*step)*time.Second + time.Duration(i)*time.Millisecond)
			if send {
				one(w, pod, stacks(i, r), at)
			}
			know.last = at
			for _, s := range stacks(i, r) {
				know.stacks[s.frames] += s.ns
				know.series[pod][at.UnixMilli()] += s.ns
				know.total += s.ns
			}
		}
		if send {
			tap.OK(true, fmt.Sprintf("push over %s: %d profiles", w.Name, rounds))
		}
	}
	return know
}

// equal asks one call over all ways and returns the first answer when all are the same.
func equal[Req, Res any](ways []wire.Way, call string, request *Req) *Res {
	var first *Res
	good := true
	for _, w := range ways {
		r, err := wire.Call[Req, Res](w, service+call, request)
		if err != nil {
			good = tap.OK(false, call+" over "+w.Name, err)
			continue
		}
		if first == nil {
			first = r
		} else if !proto.Equal(any(first).(proto.Message), any(r).(proto.Message)) {
			good = tap.OK(false, call+" over "+w.Name, "first: ", first, "\nthis: ", r)
		}
	}
	if !good || first == nil {
		tap.Bail(call + " differs between protocols")
	}
	tap.OK(true, fmt.Sprintf("%s: %d protocols answer the same", call, len(ways)))
	return first
}

// fails asks what must be refused: code and text must be the same over all ways.
func fails[Req, Res any](ways []wire.Way, call string, want connect.Code, request *Req) {
	var text string
	for _, w := range ways {
		_, err := wire.Call[Req, Res](w, service+call, request)
		code, says := wire.Code(w, err)
		if text == "" {
			text = says
		}
		if code != want || says != text || says == "" {
			tap.OK(false, call+" is refused over "+w.Name, code, " ", says, "\nfirst: ", text)
			return
		}
	}
	tap.OK(true, fmt.Sprintf("%s: %d protocols refuse the same with %s", call, len(ways), want))
}

// graph sums a flame graph's selves by stack; it must be whole: each level within the one above.
func graph(g *querierv1.FlameGraph) map[string]int64 {
	type node struct {
		at, end int64
		path    string
	}
	found := map[string]int64{}
	var above []node
	for depth, level := range g.Levels {
		var these []node
		end := int64(0)
		for i := 0; i+3 < len(level.Values); i += 4 {
			v := level.Values[i:]
			n := node{end + v[0], end + v[0] + v[1], ""}
			end = n.end
			if depth > 0 {
				up := slices.IndexFunc(above, func(a node) bool { return n.at >= a.at && n.end <= a.end })
				if up < 0 {
					tap.Bail("a flame graph with a node outside its parent")
				}
				n.path = strings.TrimPrefix(above[up].path+";"+g.Names[v[3]], ";")
			}
			if v[2] != 0 {
				found[n.path] += v[2]
			}
			these = append(these, n)
		}
		above = these
	}
	return found
}

// tree sums the selves of tree bytes by stack.
func tree(b []byte) map[string]int64 {
	found := map[string]int64{}
	number := func() uint64 {
		v, n := binary.Uvarint(b)
		if n <= 0 {
			tap.Bail("a tree that ends early")
		}
		b = b[n:]
		return v
	}
	var node func(path string)
	node = func(path string) {
		n := number()
		if n > uint64(len(b)) {
			tap.Bail("a tree with a name beyond its end")
		}
		path = strings.TrimPrefix(path+";"+string(b[:n]), ";")
		b = b[n:]
		if self := number(); self != 0 {
			found[path] += int64(self)
		}
		for range number() {
			node(path)
		}
	}
	if len(b) > 0 {
		node("")
	}
	if len(b) > 0 {
		tap.Bail("a tree with bytes behind its end")
	}
	return found
}

// merged sums a pprof profile's only value by stack.
func merged(p *googlev1.Profile) map[string]int64 {
	names, lines, found := map[uint64]string{}, map[uint64]string{}, map[string]int64{}
	for _, f := range p.Function {
		names[f.Id] = p.StringTable[f.Name]
	}
	for _, l := range p.Location {
		lines[l.Id] = names[l.Line[0].FunctionId]
	}
	for _, s := range p.Sample {
		var path []string
		for _, id := range slices.Backward(s.LocationId) {
			path = append(path, lines[id])
		}
		found[strings.Join(path, ";")] += s.Value[0]
	}
	return found
}

func main() {
	ways, err := wire.Ways(os.Args[1])
	if err != nil {
		tap.Bail(err)
	}
	seconds, err := strconv.ParseInt(os.Args[2], 10, 64)
	if err != nil {
		tap.Bail(err)
	}
	base := time.Unix(seconds, 0)
	know := push(ways, base, len(os.Args) > 3)
	start, end := base.Add(-time.Minute).UnixMilli(), base.Add(5*time.Minute).UnixMilli()
	selector := `{service_name="ask"}`
	same := func(got, want any, title string) {
		tap.OK(reflect.DeepEqual(got, want), title, "got ", got, "\nexpected ", want)
	}

	types := equal[querierv1.ProfileTypesRequest, querierv1.ProfileTypesResponse](ways, "ProfileTypes",
		&querierv1.ProfileTypesRequest{Start: start, End: end})
	var ids []string
	for _, t := range types.ProfileTypes {
		ids = append(ids, t.ID)
	}
	same(ids, []string{cpu, count}, "both profile types")

	names := equal[typesv1.LabelNamesRequest, typesv1.LabelNamesResponse](ways, "LabelNames",
		&typesv1.LabelNamesRequest{Matchers: []string{selector}, Start: start, End: end})
	for _, want := range []string{"__name__", "__profile_type__", "pod", "service_name", "way"} {
		tap.OK(slices.Contains(names.Names, want), "label name "+want, names.Names)
	}

	values := equal[typesv1.LabelValuesRequest, typesv1.LabelValuesResponse](ways, "LabelValues",
		&typesv1.LabelValuesRequest{Name: "pod", Matchers: []string{selector}, Start: start, End: end})
	same(values.Names, slices.Sorted(maps.Keys(know.series)), "label values")

	series := equal[querierv1.SeriesRequest, querierv1.SeriesResponse](ways, "Series", &querierv1.SeriesRequest{
		Matchers: []string{selector}, LabelNames: []string{"pod", "way"}, Start: start, End: end})
	tap.Equal(len(series.LabelsSet), len(ways), "series")

	merge := querierv1.SelectMergeStacktracesRequest{ProfileTypeID: cpu, LabelSelector: selector, Start: start, End: end}
	flame := equal[querierv1.SelectMergeStacktracesRequest, querierv1.SelectMergeStacktracesResponse](ways,
		"SelectMergeStacktraces", &merge)
	tap.Equal(flame.Flamegraph.GetTotal(), know.total, "total of the flame graph")
	same(graph(flame.Flamegraph), know.stacks, "every stack of the flame graph has its sum")

	asTree := querierv1.SelectMergeStacktracesRequest{ProfileTypeID: cpu, LabelSelector: selector, Start: start, End: end,
		Format: querierv1.ProfileFormat_PROFILE_FORMAT_TREE}
	bytes := equal[querierv1.SelectMergeStacktracesRequest, querierv1.SelectMergeStacktracesResponse](ways,
		"SelectMergeStacktraces", &asTree)
	same(tree(bytes.Tree), know.stacks, "every stack of the tree has its sum")

	pprof := equal[querierv1.SelectMergeProfileRequest, googlev1.Profile](ways, "SelectMergeProfile",
		&querierv1.SelectMergeProfileRequest{ProfileTypeID: cpu, LabelSelector: selector, Start: start, End: end})
	same(merged(pprof), know.stacks, "every stack of the merged profile has its sum")

	points := equal[querierv1.SelectSeriesRequest, querierv1.SelectSeriesResponse](ways, "SelectSeries",
		&querierv1.SelectSeriesRequest{ProfileTypeID: cpu, LabelSelector: selector, Start: start, End: end,
			GroupBy: []string{"pod"}, Step: step})
	got := map[string]int64{}
	for _, s := range points.Series {
		for _, p := range s.Points {
			got[s.Labels[0].Value] += int64(p.Value)
		}
	}
	want := map[string]int64{}
	for pod, at := range know.series {
		for _, v := range at {
			want[pod] += v
		}
	}
	same(got, want, "the points of every pod add up")

	half := base.Add(2 * step * time.Second).UnixMilli()
	left := querierv1.SelectMergeStacktracesRequest{ProfileTypeID: cpu, LabelSelector: selector, Start: start, End: half - 1}
	right := querierv1.SelectMergeStacktracesRequest{ProfileTypeID: cpu, LabelSelector: selector, Start: half, End: end}
	diff := equal[querierv1.DiffRequest, querierv1.DiffResponse](ways, "Diff", &querierv1.DiffRequest{Left: &left, Right: &right})
	tap.Equal(diff.Flamegraph.GetLeftTicks()+diff.Flamegraph.GetRightTicks(), know.total, "both sides of the comparison add up")
	before := int64(0)
	for _, at := range know.series {
		for t, v := range at {
			if t < half {
				before += v
			}
		}
	}
	tap.Equal(diff.Flamegraph.GetLeftTicks(), before, "the left side")

	stats := equal[typesv1.GetProfileStatsRequest, typesv1.GetProfileStatsResponse](ways, "GetProfileStats",
		&typesv1.GetProfileStatsRequest{})
	tap.OK(stats.DataIngested && stats.OldestProfileTime == know.first.UnixMilli() &&
		stats.NewestProfileTime == know.last.UnixMilli(), "statistics", stats, know.first.UnixMilli(), " ", know.last.UnixMilli())

	bad := querierv1.SelectMergeStacktracesRequest{ProfileTypeID: cpu, LabelSelector: "{", Start: start, End: end}
	fails[querierv1.SelectMergeStacktracesRequest, querierv1.SelectMergeStacktracesResponse](ways, "SelectMergeStacktraces",
		connect.CodeInvalidArgument, &bad)
	fails[querierv1.SelectHeatmapRequest, querierv1.SelectHeatmapResponse](ways, "SelectHeatmap", connect.CodeUnimplemented,
		&querierv1.SelectHeatmapRequest{ProfileTypeID: cpu, LabelSelector: selector, Start: start, End: end, Step: step})
	tap.Done()
}
