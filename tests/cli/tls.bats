#!/usr/bin/env bats
# HTTPS with the options of Pyroscope: curl, nghttp and a gRPC library against pyro-serve and its parts alone.
load ../lib/helpers

authority() { # authority NAME: NAME.pem and NAME.key
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$1" \
		-keyout "$1.key" -out "$1.pem" 2>/dev/null
}

leaf() { # leaf NAME CA [COMMON NAME]: NAME.pem and NAME.key, signed by CA
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=${3:-$1}" -keyout "$1.key" \
		-out "$1.csr" 2>/dev/null
	openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" -CAcreateserial -days 2 -out "$1.pem" \
		-extfile <(echo 'subjectAltName=DNS:localhost,IP:127.0.0.1') 2>/dev/null
}

certificates() {
	authority ca
	leaf cert ca
}

secure() { # secure [OPTION ...]: pyro-serve with TLS
	port=$(free_port)
	: >server.log # not what the one before said
	pyro-serve -server.http-listen-address=127.0.0.1 -server.http-listen-port="$port" -log.level=info \
		-validation.reject-older-than=0 -querier.max-query-lookback=0 -server.http-tls-cert-path=cert.pem \
		-server.http-tls-key-path=cert.key "$@" >server.log 2>&1 3>&- &
	server=$!
	wait_ready
}

wait_ready() { # until the log says so
	for _ in $(seq 600); do
		grep -q 'msg=ready\|msg="receiving profiles"\|msg="answering questions"' server.log && return
		kill -0 "$server" 2>/dev/null || break
		sleep 0.05
	done
	cat server.log >&2
	return 1
}

ask() { # ask PATH [CURL OPTION ...]; again while /ready says that it is not yet so
	for _ in $(seq 200); do
		try curl -sS --cacert ca.pem "https://127.0.0.1:$port$1" "${@:2}"
		[[ $out == *"not Running"* || $out == *"being replayed"* ]] || return 0
		sleep 0.05
	done
}

common_name() { # of the certificate that the server shows
	openssl s_client -connect "127.0.0.1:$port" -CAfile ca.pem </dev/null 2>/dev/null | openssl x509 -noout -subject |
		sed 's/.*CN = //'
}

@test "curl: HTTP/1.1 and HTTP/2 by ALPN, a push and a question" {
	certificates
	secure
	ask /ready --http1.1 -w ' %{http_version} %{ssl_verify_result}'
	is "ready 1.1 0"
	ask /ready --http2 -w ' %{http_version} %{ssl_verify_result}'
	is "ready 2 0"
	shop
	ask '/ingest?name=shop&from=1768471200&until=1768471210&format=pprof' --data-binary @cpu.pb.gz -w '%{http_code}'
	is 200
	ask /querier.v1.QuerierService/LabelValues --http2 -H 'Content-Type: application/json' -d '{"name":"service_name"}'
	is '{"names":["shop"]}'
	# Plain HTTP to it is no HTTP.
	try curl -sS -o /dev/null "http://127.0.0.1:$port/ready"
	[ "$status" != 0 ]
}

@test "nghttp, and the gRPC library of C" {
	certificates
	secure
	ask /ready
	try nghttp -v "https://127.0.0.1:$port/ready"
	prints "The negotiated protocol: h2"
	prints ":status: 200"
	shop
	ask '/ingest?name=shop&from=1768471200&until=1768471210&format=pprof' --data-binary @cpu.pb.gz -w '%{http_code}'
	is 200
	# LabelValuesRequest{name: "service_name"} → LabelValuesResponse{names: ["shop"]}
	printf '\x0a\x0cservice_name' >request
	try_sh "'$repo/tests/lib/grpc_call.py' 127.0.0.1:$port /querier.v1.QuerierService/LabelValues --ca ca.pem <request"
	ends 0
	is $'\n\x04shop'
	try_sh "'$repo/tests/lib/grpc_call.py' 127.0.0.1:$port /querier.v1.QuerierService/Nothing --ca ca.pem <request"
	ends 1
	grep -q UNIMPLEMENTED <<<"$err"
}

@test "the gRPC library of C: profiles of OpenTelemetry" {
	certificates
	secure -distributor.otlp-labels='-n,*'
	ask /ready
	# a request of the newest schema; its first byte is what the fuzz target keeps
	tail -c +2 "$repo/tests/fuzz/corpus/otlp/seed-00" >request
	export=/opentelemetry.proto.collector.profiles.v1development.ProfilesService/Export
	try_sh "'$repo/tests/lib/grpc_call.py' 127.0.0.1:$port $export --ca ca.pem <request"
	ends 0
	is ""
	# one of 1.5, at the path of the older package
	tail -c +2 "$repo/tests/fuzz/corpus/otlp/seed-02" >old
	try_sh "'$repo/tests/lib/grpc_call.py' 127.0.0.1:$port ${export/v1development/v1experimental} --ca ca.pem <old"
	ends 0
	ask /querier.v1.QuerierService/LabelNames -H 'Content-Type: application/json' -d '{}'
	prints '"service_name"'
	[[ $out != *'"n"'* ]]
	try_sh "'$repo/tests/lib/grpc_call.py' 127.0.0.1:$port $export --ca ca.pem </dev/null"
	ends 1
	grep -q 'INVALID_ARGUMENT missing profile metadata dictionary' <<<"$err"
	head -c 40 request >cut
	try_sh "'$repo/tests/lib/grpc_call.py' 127.0.0.1:$port $export --ca ca.pem <cut"
	ends 1
	grep -q 'INVALID_ARGUMENT unmarshal message: otlp: byte' <<<"$err"
}

@test "certificates of clients" {
	certificates
	authority other
	leaf client ca
	leaf stranger other
	secure -server.http-tls-ca-path=ca.pem -server.http-tls-client-auth=RequireAndVerifyClientCert
	ask /ready --cert client.pem --key client.key
	is ready
	ask /ready
	[ "$status" != 0 ]
	ask /ready --cert stranger.pem --key stranger.key
	[ "$status" != 0 ]
	stop_server
	secure -server.http-tls-ca-path=ca.pem -server.http-tls-client-auth=VerifyClientCertIfGiven
	ask /ready
	is ready
	ask /ready --cert stranger.pem --key stranger.key
	[ "$status" != 0 ]
	stop_server
	secure -server.http-tls-client-auth=RequireAnyClientCert
	ask /ready --cert stranger.pem --key stranger.key
	is ready
	ask /ready
	[ "$status" != 0 ]
}

@test "programs that ask: the authority, a certificate of their own, another name" {
	certificates
	authority other
	leaf client ca
	secure -server.http-tls-ca-path=ca.pem -server.http-tls-client-auth=VerifyClientCertIfGiven
	ask /ready
	shop
	ask '/ingest?name=shop&from=1768471200&until=1768471210&format=pprof' --data-binary @cpu.pb.gz -w '%{http_code}'
	is 200
	url=https://127.0.0.1:$port
	when="--from 1768471200 --to 1768471300"
	try pyro-query values service_name $when "$url"
	ends 100
	says "https://127.0.0.1:$port/querier.v1.QuerierService/LabelValues: SSL certificate problem"
	try pyro-query values service_name $when --tls-ca-path ca.pem "$url"
	is shop
	try pyro-query values service_name $when --tls-ca-path other.pem "$url"
	ends 100
	try pyro-query values service_name $when --tls-insecure-skip-verify "$url"
	is shop
	try pyro-query values service_name $when --tls-ca-path ca.pem --tls-server-name localhost "$url"
	is shop
	try pyro-query values service_name $when --tls-ca-path ca.pem --tls-server-name elsewhere "$url"
	ends 100
	says elsewhere
	try pyro-tail --for 30s "$url"
	ends 100
	says "SSL certificate problem"
	PYRO_TAIL_TLS_CA=ca.pem try pyro-tail --for 100ms "$url"
	ends 1 # nothing came
	stop_server
	secure -server.http-tls-ca-path=ca.pem -server.http-tls-client-auth=RequireAndVerifyClientCert
	url=https://127.0.0.1:$port
	try pyro-tail --for 30s --tls-ca-path ca.pem "$url" # refused, at the latest with the first bytes
	[ "$status" -ge 100 ]
	try pyro-tail --for 100ms --tls-ca-path ca.pem --tls-cert-path client.pem --tls-key-path client.key "$url"
	ends 1
	try pyro-tail --tls-cert-path client.pem "$url"
	ends 2
	says "--tls-cert-path and --tls-key-path go together"
}

@test "versions and ciphers" {
	certificates
	secure -server.tls-min-version=VersionTLS13
	ask /ready --tls-max 1.2
	[ "$status" != 0 ]
	ask /ready --tlsv1.3
	is ready
	stop_server
	secure -server.tls-cipher-suites=TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,TLS_AES_128_GCM_SHA256
	ask /ready --tls-max 1.2 --ciphers ECDHE-ECDSA-AES256-GCM-SHA384
	is ready
	ask /ready --tls-max 1.2 --ciphers ECDHE-ECDSA-AES128-GCM-SHA256
	[ "$status" != 0 ]
}

@test "SIGHUP: a new certificate for new connections; a broken one changes nothing" {
	certificates
	leaf new ca renewed
	secure
	[ "$(common_name)" = cert ]
	echo broken >cert.pem
	kill -HUP "$server"
	for _ in $(seq 200); do grep -q 'certificate not taken' server.log && break; sleep 0.05; done
	grep -q 'error pyro-ingest msg="certificate not taken; the old one stays"' server.log
	[ "$(common_name)" = cert ]
	cp new.key cert.key
	cp new.pem cert.pem
	pyro-serve reload
	for _ in $(seq 200); do [ "$(common_name)" != renewed ] || break; sleep 0.05; done
	[ "$(common_name)" = renewed ]
	ask /ready
	is ready
}

@test "each part alone" {
	certificates
	for part in ingest query; do
		port=$(free_port)
		: >server.log
		"pyro-$part" serve -server.http-listen-address=127.0.0.1 -server.http-listen-port="$port" \
			-server.http-tls-cert-path=cert.pem -server.http-tls-key-path=cert.key >server.log 2>&1 3>&- &
		server=$!
		wait_ready
		ask /ready --http2 -w ' %{http_version}'
		is "ready 2"
		stop_server
	done
}

@test "what is wrong is said by option" {
	certificates
	leaf other ca
	bad() {
		try pyro-ingest serve -server.http-listen-port=0 "$@"
		ends 2
	}
	bad -server.http-tls-cert-path=cert.pem
	says "go together"
	bad -server.http-tls-cert-path=cert.pem -server.http-tls-key-path=other.key
	says "TLS: key other.key: "
	bad -server.http-tls-cert-path=nowhere.pem -server.http-tls-key-path=cert.key
	says "nowhere.pem"
	bad -server.http-tls-cert-path=cert.pem -server.http-tls-key-path=cert.key -server.http-tls-client-auth=Maybe
	says '-server.http-tls-client-auth: "Maybe"'
	bad -server.http-tls-cert-path=cert.pem -server.http-tls-key-path=cert.key -server.http-tls-ca-path=ca.pem
	says "-server.http-tls-ca-path has no effect without -server.http-tls-client-auth"
	bad -server.http-tls-cert-path=cert.pem -server.http-tls-key-path=cert.key -server.tls-min-version=SSL3
	says "-server.tls-min-version"
	bad -server.http-tls-cert-path=cert.pem -server.http-tls-key-path=cert.key -server.tls-cipher-suites=TLS_NO
	says "ciphers"
	# A server whose front cannot start ends with the code of wrong configuration.
	try pyro-serve -server.http-listen-port=0 -server.http-tls-cert-path=nowhere.pem -server.http-tls-key-path=cert.key
	[ "$status" = 2 ]
}
