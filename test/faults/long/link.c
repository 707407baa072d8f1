// A link between two network namespaces that delays, drops, reorders and limits what it carries:
// link PID PID, of a process in each. Each gets the device "link0". Does what `tc netem` does, without the kernel's help.
//
// Reads lines "delay-ms jitter-ms loss-% reorder-% bits/s" (0: no limit) from its input, and answers each with "ok"; at the
// end of it, tells what it did.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define MOST_QUEUED 1000 // as netem's own limit
#define MOST_BYTES 2048

struct packet {
  int64_t due_ns;
  int length;
  char data[MOST_BYTES];
};

struct direction {
  int from, to, count;
  int64_t free_ns; // when the line has room again
  struct packet *queue[MOST_QUEUED];
};

static double delay_ms, jitter_ms, loss, reorder, bits_per_second;
static long carried, dropped, reordered;

static void fail(const char *what) {
  fprintf(stderr, "link: %s: %s\n", what, strerror(errno));
  exit(1);
}

static int64_t now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static double fraction(void) { return random() / (RAND_MAX + 1.0); }

static int open_device(const char *pid) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%s/ns/net", pid);
  int ns = open(path, O_RDONLY | O_CLOEXEC);
  if (ns < 0 || setns(ns, CLONE_NEWNET) < 0) fail(path);
  close(ns);
  int device = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
  strcpy(request.ifr_name, "link0");
  if (device < 0 || ioctl(device, TUNSETIFF, &request) < 0) fail("/dev/net/tun");
  return device;
}

// Puts a packet in its place by the time at which it is due.
static void enqueue(struct direction *way, struct packet *packet) {
  int at = way->count++;
  for (; at > 0 && way->queue[at - 1]->due_ns > packet->due_ns; at--) way->queue[at] = way->queue[at - 1];
  way->queue[at] = packet;
}

static void receive(struct direction *way) {
  char data[MOST_BYTES];
  for (int length; (length = read(way->from, data, sizeof data)) > 0;) {
    if (fraction() * 100 < loss || way->count == MOST_QUEUED) {
      dropped++;
      continue;
    }
    struct packet *packet = malloc(sizeof *packet);
    if (packet == NULL) fail("memory");
    int64_t now = now_ns();
    int64_t start = way->free_ns > now ? way->free_ns : now;
    way->free_ns = start + (bits_per_second > 0 ? length * 8e9 / bits_per_second : 0);
    int overtakes = fraction() * 100 < reorder;
    reordered += overtakes;
    double wait_ms = overtakes ? 0 : delay_ms + (fraction() * 2 - 1) * jitter_ms;
    packet->due_ns = way->free_ns + wait_ms * 1e6;
    packet->length = length;
    memcpy(packet->data, data, length);
    enqueue(way, packet);
  }
}

// Sends what is due; returns when the next one is.
static int64_t forward(struct direction *way) {
  int done = 0;
  for (int64_t now = now_ns(); done < way->count && way->queue[done]->due_ns <= now; done++) {
    struct packet *packet = way->queue[done];
    if (write(way->to, packet->data, packet->length) == packet->length) carried++;
    else dropped++;
    free(packet);
  }
  way->count -= done;
  memmove(way->queue, way->queue + done, way->count * sizeof *way->queue);
  return way->count > 0 ? way->queue[0]->due_ns : INT64_MAX;
}

static int obey(void) {
  char line[256];
  int length = read(0, line, sizeof line - 1);
  if (length <= 0) return 0;
  line[length] = '\0';
  if (sscanf(line, "%lf %lf %lf %lf %lf", &delay_ms, &jitter_ms, &loss, &reorder, &bits_per_second) != 5) fail(line);
  puts("ok");
  fflush(stdout);
  return 1;
}

int main(int count, char **words) {
  if (count != 3) return 2;
  srandom(now_ns());
  int first = open_device(words[1]), second = open_device(words[2]);
  struct direction ways[] = {{.from = first, .to = second}, {.from = second, .to = first}};
  puts("ok");
  fflush(stdout);
  for (;;) {
    int64_t next[] = {forward(&ways[0]), forward(&ways[1])};
    int64_t due = next[0] < next[1] ? next[0] : next[1];
    int64_t wait_ns = due == INT64_MAX ? 1000000000 : due - now_ns();
    struct timespec wait = {wait_ns < 0 ? 0 : wait_ns / 1000000000, wait_ns < 0 ? 0 : wait_ns % 1000000000};
    struct pollfd sources[] = {{first, POLLIN, 0}, {second, POLLIN, 0}, {0, POLLIN, 0}};
    if (ppoll(sources, 3, &wait, NULL) < 0 && errno != EINTR) fail("poll");
    if (sources[0].revents != 0) receive(&ways[0]);
    if (sources[1].revents != 0) receive(&ways[1]);
    if (sources[2].revents != 0 && !obey()) break;
  }
  printf("%ld carried, %ld dropped, %ld reordered\n", carried, dropped, reordered);
  return 0;
}
