/* rpc_impl.h - what rpc.c and rpc_reply.c share. */
#ifndef RPC_IMPL_H
#define RPC_IMPL_H

#include "net/rpc.h"

/* The call of a request by its Content-Type, message not yet read; NULL: no known type. */
struct rpc_call *rpc_begin(struct http_req *r);

#endif
