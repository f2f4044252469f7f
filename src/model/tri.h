/* Yes, no, or not known: the answer to a question whose facts may be missing. */
#pragma once

enum tri {
	TRI_UNKNOWN = -1,
	TRI_NO = 0,
	TRI_YES = 1,
};

static inline enum tri tri_not(enum tri value)
{
	return value == TRI_UNKNOWN ? TRI_UNKNOWN : (enum tri) !value;
}
