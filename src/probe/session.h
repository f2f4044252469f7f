/* Over which network interface the person who runs this is logged in. */
#pragma once

struct root;

/* The interface of this ssh session, the caller's to free; NULL: this is none, or it is not known.
 * Asked from the running machine; a recording keeps the answer (the fact "session"). */
char *session_interface(struct root *root);

/* The same from the files below root's /proc alone: sshd tells its shell where the client is
 * (SSH_CONNECTION), which sudo and the like take away, so the parents of this process are asked,
 * too; and the routes tell which interface leads there. */
char *session_find(struct root *root);
