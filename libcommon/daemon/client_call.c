/* client_call.c - see client_call.h */
#include "daemon/client_call.h"

static const char *given(const char *text)
{
	return text[0] ? text : NULL;
}

int client_call(const struct client_opts *o, struct httpc_req *req, struct httpc_tls *tls, struct err *e)
{
	if ((o->tls_cert[0] != '\0') != (o->tls_key[0] != '\0'))
		return err_set(e, ERR_USAGE, "--tls-cert-path and --tls-key-path go together");
	*tls = (struct httpc_tls){ .ca_file = given(o->tls_ca),
		.cert_file = given(o->tls_cert),
		.key_file = given(o->tls_key),
		.server_name = given(o->tls_server_name),
		.insecure = o->tls_insecure };
	req->tenant = given(o->tenant_id);
	req->user = given(o->username);
	req->password = o->password.secret;
	req->bearer = given(o->token.secret);
	req->tls = tls;
	return 0;
}
