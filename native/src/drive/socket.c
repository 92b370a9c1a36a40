#include "drive/socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

int cp_address_find(cp_address *address, const char *host, uint16_t port)
{
    char service[8];
    snprintf(service, sizeof service, "%u", port);
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV };
    struct addrinfo *found = NULL;
    int result = getaddrinfo(host, service, &hints, &found);
    if (result == EAI_MEMORY)
        return -ENOMEM;
    if (result != 0 || found == NULL)
        return -ENOENT;
    memset(address, 0, sizeof *address);
    memcpy(&address->storage, found->ai_addr, found->ai_addrlen);
    address->size = found->ai_addrlen;
    freeaddrinfo(found);
    return 0;
}

static const struct sockaddr_in *as_v4(const cp_address *address)
{
    return (const struct sockaddr_in *)&address->storage;
}

static const struct sockaddr_in6 *as_v6(const cp_address *address)
{
    return (const struct sockaddr_in6 *)&address->storage;
}

bool cp_address_is_loopback(const cp_address *address)
{
    if (address->storage.ss_family == AF_INET)
        return ntohl(as_v4(address)->sin_addr.s_addr) >> 24 == 127;
    return IN6_IS_ADDR_LOOPBACK(&as_v6(address)->sin6_addr);
}

bool cp_address_is_multicast(const cp_address *address)
{
    if (address->storage.ss_family == AF_INET)
        return IN_MULTICAST(ntohl(as_v4(address)->sin_addr.s_addr));
    return IN6_IS_ADDR_MULTICAST(&as_v6(address)->sin6_addr);
}

uint16_t cp_address_port(const cp_address *address)
{
    return ntohs(address->storage.ss_family == AF_INET ? as_v4(address)->sin_port
                                                       : as_v6(address)->sin6_port);
}

void cp_address_text(const cp_address *address, char text[CP_PEER_SIZE])
{
    char host[INET6_ADDRSTRLEN] = "?";
    bool v4 = address->storage.ss_family == AF_INET;
    if (v4)
        inet_ntop(AF_INET, &as_v4(address)->sin_addr, host, sizeof host);
    else
        inet_ntop(AF_INET6, &as_v6(address)->sin6_addr, host, sizeof host);
    snprintf(text, CP_PEER_SIZE, v4 ? "%s:%u" : "[%s]:%u", host,
             cp_address_port(address));
}

static void send_at_once(int fd)
{
    int yes = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

static int fail(int fd)
{
    int error = errno;
    close(fd);
    return -error;
}

static int open_socket(const cp_address *address, int type)
{
    int fd = socket(address->storage.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    return fd < 0 ? -errno : fd;
}

int cp_socket_listen(const cp_address *address)
{
    int fd = open_socket(address, SOCK_STREAM);
    if (fd < 0)
        return fd;
    int yes = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(fd, (const struct sockaddr *)&address->storage, address->size) != 0 ||
        listen(fd, 64) != 0)
        return fail(fd);
    return fd;
}

int cp_socket_accept(int listener, cp_address *peer)
{
    peer->size = sizeof peer->storage;
    int fd = accept4(listener, (struct sockaddr *)&peer->storage, &peer->size,
                     SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return -errno;
    send_at_once(fd);
    return fd;
}

int cp_socket_connect(const cp_address *address)
{
    int fd = open_socket(address, SOCK_STREAM);
    if (fd < 0)
        return fd;
    send_at_once(fd);
    if (connect(fd, (const struct sockaddr *)&address->storage, address->size) != 0 &&
        errno != EINPROGRESS)
        return fail(fd);
    return fd;
}

int cp_socket_outcome(int fd)
{
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
        return -errno;
    return -error;
}

static int join_group(int fd, const cp_address *address)
{
    if (address->storage.ss_family == AF_INET) {
        struct ip_mreq group = { .imr_multiaddr = as_v4(address)->sin_addr };
        return setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof group);
    }
    struct ipv6_mreq group = { .ipv6mr_multiaddr = as_v6(address)->sin6_addr };
    return setsockopt(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &group, sizeof group);
}

int cp_socket_datagram(const cp_address *address)
{
    int fd = open_socket(address, SOCK_DGRAM);
    if (fd < 0)
        return fd;
    int yes = 1;
    if (cp_address_is_multicast(address))
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(fd, (const struct sockaddr *)&address->storage, address->size) != 0 ||
        (cp_address_is_multicast(address) && join_group(fd, address) != 0))
        return fail(fd);
    return fd;
}

void cp_socket_widen(int fd, int bytes)
{
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
}

int cp_socket_local(int fd, cp_address *address)
{
    address->size = sizeof address->storage;
    if (getsockname(fd, (struct sockaddr *)&address->storage, &address->size) != 0)
        return -errno;
    return 0;
}

void cp_socket_reset(int fd)
{
    struct linger at_once = { .l_onoff = 1 };
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(fd);
}
