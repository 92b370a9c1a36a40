/* socket.h: the few things asked of sockets, with -errno for an answer.
 *
 * All sockets are non-blocking and closed on exec; TCP ones send at once (TCP_NODELAY).
 * Addresses are numeric IPv4 or IPv6, or a name, which is looked up once.
 */
#ifndef CP_SOCKET_H
#define CP_SOCKET_H

#include <netdb.h>
#include <sys/socket.h>

#include "base/base.h"

#define CP_ADDRESS_SIZE 64 /* bytes of a host's name or address, NUL included */
#define CP_PEER_SIZE 56    /* bytes of "address:port", NUL included */

typedef struct cp_address {
    struct sockaddr_storage storage;
    socklen_t size;
} cp_address;

/* -ENOENT: no such host. Blocks while a name is looked up: at create only. */
int cp_address_find(cp_address *address, const char *host, uint16_t port);
bool cp_address_is_loopback(const cp_address *address);
bool cp_address_is_multicast(const cp_address *address);
uint16_t cp_address_port(const cp_address *address);
void cp_address_text(const cp_address *address, char text[CP_PEER_SIZE]);

/* A listening socket, or -errno; port 0 takes a free one. */
int cp_socket_listen(const cp_address *address);
/* The next connection made to it, or -errno. */
int cp_socket_accept(int listener, cp_address *peer);
/* Begin a connection; -errno, or a socket that is writable once it is made or has failed. */
int cp_socket_connect(const cp_address *address);
/* 0, or why the connection could not be made. */
int cp_socket_outcome(int fd);
/* A UDP socket bound to the address. */
int cp_socket_datagram(const cp_address *address);
/* Bytes that wait to be read at most; the kernel may allow less. */
void cp_socket_widen(int fd, int bytes);
int cp_socket_local(int fd, cp_address *address);
/* Close at once, with what was not sent thrown away. */
void cp_socket_reset(int fd);

#endif /* CP_SOCKET_H */
