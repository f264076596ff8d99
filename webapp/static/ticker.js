// A clock of its own: browsers slow the timers of pages in the background to one a minute, but not a worker's.
setInterval(() => postMessage("tick"), 2000);
