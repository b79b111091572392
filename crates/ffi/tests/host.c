/* A host in C: tags the lines of standard input from two threads at once and prints the answers of the second. */
#include "vires.h"
#include <pthread.h>
#include <stdio.h>
#include <string.h>

static char lines[64][8192];
static size_t count;

static void *work(void *print) {
    for (size_t i = 0; i < count; i++) {
        ViresText line = vires_tag(lines[i], strlen(lines[i]));
        ViresText object = vires_nhi(lines[i], strlen(lines[i]));
        if (line.data == NULL || object.data == NULL || line.data[line.length] != 0 || object.data[object.length] != 0)
            return "no answer";
        if (print != NULL) printf("%s\n%s\n", line.data, object.data);
        vires_free(line);
        vires_free(object);
    }
    return NULL;
}

int main(void) {
    while (count < 64 && fgets(lines[count], sizeof lines[count], stdin) != NULL) {
        lines[count][strcspn(lines[count], "\n")] = 0;
        count++;
    }
    pthread_t other;
    void *failed = NULL;
    if (pthread_create(&other, NULL, work, NULL) != 0) return 1;
    void *failed_here = work("print");
    pthread_join(other, &failed);
    ViresText nothing = vires_tag(NULL, 5);
    vires_free(nothing);
    return failed != NULL || failed_here != NULL || nothing.data != NULL;
}
