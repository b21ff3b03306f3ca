// A server that answers HTTP requests by the keys of a store, as a module of nginx would: it has
// the head of a request, asks keycask_present(), and sends either what it came for or the
// answer that the realm's profile has for a refusal.
//
//     cc serve.c -lkeycask -o serve
//     ./serve STORE REALM PORT            port 0 takes a free one; it is printed first
//
// It serves one connection at a time and one request a connection, so that nothing stands
// between the reader and the calls. A server with many workers opens the store in each of them
// after the fork: one for writing, the others with KEYCASK_READ_ONLY.
#include <arpa/inet.h>
#include <keycask.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HEAD_MAX = 8192, HEADERS_MAX = 64 };

static keycask_store *store;
static uint16_t realm;

// Sends all of `text`; a client that has gone is its own business.
static void put(int client, const char *text, size_t len) {
    while (len > 0) {
        ssize_t sent = send(client, text, len, MSG_NOSIGNAL);
        if (sent <= 0) return;
        text += sent;
        len -= (size_t)sent;
    }
}

static void respond(int client, unsigned status, keycask_text headers, keycask_text body) {
    char line[128];
    int len = snprintf(line, sizeof line,
                       "HTTP/1.1 %u \r\nContent-Length: %zu\r\nConnection: close\r\n", status,
                       body.len);
    put(client, line, (size_t)len);
    put(client, headers.data, headers.len);
    put(client, "\r\n", 2);
    put(client, body.data, body.len);
}

// Reads up to the empty line that ends a head; 0 if there is none.
static size_t read_head(int client, char *head) {
    size_t len = 0;
    while (len < HEAD_MAX - 1) {
        ssize_t got = recv(client, head + len, HEAD_MAX - 1 - len, 0);
        char *end;
        if (got <= 0) return 0;
        len += (size_t)got;
        head[len] = 0;
        end = strstr(head, "\r\n\r\n");
        if (end) return (size_t)(end - head) + 2;
    }
    return 0;
}

// Takes a head apart, in place. Whoever parses heads already has these pointers.
static int parse_head(char *head, size_t len, keycask_http *http, keycask_header *headers) {
    char *line = head, *end = head + len;
    http->headers = headers;
    http->headers_len = 0;
    http->method.data = head;
    http->method.len = strcspn(head, " \r");
    line = strstr(line, "\r\n") + 2;
    if (line - head < 12 || memcmp(line - 10, "HTTP/1.", 7) != 0) return 0;
    while (line < end) {
        char *stop = strstr(line, "\r\n"), *colon = memchr(line, ':', (size_t)(stop - line));
        keycask_header *header = &headers[http->headers_len];
        if (!colon || colon == line || http->headers_len == HEADERS_MAX) return 0;
        header->name.data = line;
        header->name.len = (size_t)(colon - line);
        header->value.data = colon + 1;
        header->value.len = (size_t)(stop - colon - 1);
        if (header->name.len == 12 && !strncasecmp(line, "X-Request-Id", 12) &&
            header->value.len <= 64) {
            http->request_id = header->value;
        }
        http->headers_len++;
        line = stop + 2;
    }
    return http->method.len > 0;
}

// Answers a client that has connected from `peer`.
static void serve(int client, const struct sockaddr_in *peer) {
    static char text[32 * 1024 + 8 * HEAD_MAX]; // an answer may quote the method and the id
    const keycask_text none = {"", 0};
    char head[HEAD_MAX], body[256], owner[KEYCASK_DESCRIPTION_TEXT_MAX];
    keycask_header headers[HEADERS_MAX];
    keycask_http http = KEYCASK_HTTP_INIT;
    keycask_request request = KEYCASK_REQUEST_INIT;
    keycask_answer answer = KEYCASK_ANSWER_INIT;
    keycask_grant grant = KEYCASK_GRANT_INIT;
    keycask_denial denial = KEYCASK_DENIAL_INIT;
    keycask_description is = KEYCASK_DESCRIPTION_INIT;
    keycask_text hello = {body, 0};
    keycask_status status;
    char key[KEYCASK_KEY_ID_LEN + 1] = "-";
    size_t len = read_head(client, head);

    if (!len || !parse_head(head, len, &http, headers)) {
        respond(client, 400, none, none);
        return;
    }
    // For keys that may be used from some networks alone. Behind a proxy of yours it is what that
    // vouches for, and never what a header of the client says.
    memcpy(request.address, &peer->sin_addr, 4);
    request.address_len = 4;
    status = keycask_present(store, realm, &http, &request, &answer, text, sizeof text, &len,
                             &grant, &denial);
    if (status < 0) { // no answer is no grant
        fprintf(stderr, "present: %s\n", keycask_status_name(status));
        respond(client, 500, none, none);
        return;
    }
    // The reason is for the log. The client gets what the profile says, and no more.
    if ((grant.key || denial.key) &&
        keycask_key_id_text(grant.key ? grant.key : denial.key, key, sizeof key, NULL)) {
        strcpy(key, "?");
    }
    fprintf(stderr, "%.*s %s %s\n", (int)http.method.len, http.method.data,
            keycask_status_name(status), key);
    if (status != KEYCASK_OK) {
        respond(client, answer.http_status, answer.headers, answer.body);
        return;
    }
    if (keycask_describe(store, &grant, &is, owner, sizeof owner, NULL) != KEYCASK_OK) {
        respond(client, 500, none, none);
        return;
    }
    hello.len = (size_t)snprintf(body, sizeof body, "hello, %.*s\n", (int)is.owner.len,
                                 is.owner.data);
    respond(client, 200, answer.headers, hello);
}

static volatile sig_atomic_t stopped = 0;

static void stop(int signal_number) {
    (void)signal_number;
    stopped = 1;
}

int main(int argc, char **argv) {
    keycask_options options = KEYCASK_OPTIONS_INIT;
    keycask_error error = KEYCASK_ERROR_INIT;
    struct sockaddr_in address;
    socklen_t address_len = sizeof address;
    struct sigaction on_stop;
    int listener, one = 1;

    if (argc != 4) {
        fprintf(stderr, "serve STORE REALM PORT\n");
        return 2;
    }
    if (keycask_abi() != KEYCASK_ABI) {
        fprintf(stderr, "the library is not the one that this program was built for\n");
        return 2;
    }
    if (keycask_open(argv[1], strlen(argv[1]), &options, &store, &error) ||
        keycask_realm(store, argv[2], strlen(argv[2]), &realm, &error)) {
        fprintf(stderr, "%.*s\n", (int)error.message_len, error.message);
        return 1;
    }
    memset(&on_stop, 0, sizeof on_stop);
    on_stop.sa_handler = stop; // without SA_RESTART: accept() returns
    sigaction(SIGTERM, &on_stop, NULL);
    sigaction(SIGINT, &on_stop, NULL);
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((uint16_t)atoi(argv[3]));
    listener = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) ||
        listen(listener, 16) ||
        getsockname(listener, (struct sockaddr *)&address, &address_len)) {
        perror("serve");
        return 1;
    }
    printf("http://127.0.0.1:%u\n", ntohs(address.sin_port));
    fflush(stdout);
    while (!stopped) {
        struct sockaddr_in peer;
        socklen_t peer_len = sizeof peer;
        int client = accept(listener, (struct sockaddr *)&peer, &peer_len);
        if (client < 0) continue;
        serve(client, &peer);
        close(client);
    }
    close(listener);
    return keycask_close(store) == KEYCASK_OK ? 0 : 1;
}
