/* What changes in a file, as people are used to see it. */
#pragma once

/* A unified diff from one text to another; NULL stands for a file that is not there. As few lines
 * as can be are taken out and put in (but for very long texts), with three lines around them. ""
 * when they are equal. The caller's to free. */
char *diff_unified(const char *path, const char *from, const char *to);
