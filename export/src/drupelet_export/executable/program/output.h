/* Whether what was printed was also written. */
#ifndef OUTPUT_H
#define OUTPUT_H

/* 0 once something could not be written to stdout; remembers the reason when it is called right after that. */
int output_is_well(void);

/* Sends what was printed on its way; as output_is_well. */
int output_flush(void);

/* Flushes stdout at the end. Returns `status`, or that of a failure to write, which is no success whatever the rest was. A reader
 * that has enough (`| head`) ends us by SIGPIPE or, where that is ignored, with the status that a shell would show. */
int output_end(int status);

#endif
