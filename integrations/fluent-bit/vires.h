/* vires as a library: says of one log line which non-human identity acted and which sensitive target it touched.
 *
 * Link with -lvires_ffi (target/release/libvires_ffi.so), or load it at run time. Everything here may be called
 * from any thread. The first call compiles the built-in catalogue, which takes some ten milliseconds. */
#ifndef VIRES_H
#define VIRES_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* `length` bytes at `data`, and a NUL behind them. `data` is NULL if there is no answer. */
typedef struct ViresText {
    char *data;
    size_t length;
} ViresText;

/* The line with an "nhi" object added, as `vires tag` writes it, without a line end. Pass the line without its LF.
 * A line over 4 MiB comes back as it is. No answer: `line` is NULL, or an error within the library. */
ViresText vires_tag(const char *line, size_t length);

/* The "nhi" object alone, at most 4 KiB. No answer: as above, or a line over 4 MiB. */
ViresText vires_nhi(const char *line, size_t length);

/* Frees an answer, once. An answer without data is ignored. */
void vires_free(ViresText text);

#ifdef __cplusplus
}
#endif
#endif
