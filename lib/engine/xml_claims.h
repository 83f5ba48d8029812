/* The claims of one envelope of XML and their lines, as batches, for judging on-line. */
#ifndef KM_ENGINE_XML_CLAIMS_H
#define KM_ENGINE_XML_CLAIMS_H

#include "ingest/envelope.h"
#include "ingest/reader.h"

typedef struct km_xml_claims {
    km_envelope *envelope;
    km_reader *readers[KM_ENVELOPE_TABLES];
    km_batch joined[KM_ENVELOPE_TABLES];         /* the batches of a reader, where there are several */
    const km_batch *batches[KM_ENVELOPE_TABLES]; /* claims, drugs, services; NULL: no row */
} km_xml_claims;

/* KIEM_E_FORMAT for what is no envelope and when one of its HOSO cannot be read, KIEM_E_RANGE for more rows
 * of a table than a batch has. To be freed in any case. */
kiem_status km_xml_claims_read(km_xml_claims *claims, const km_mem *mem, const char *name, const void *bytes,
                               size_t size, km_error *error);
void km_xml_claims_free(km_xml_claims *claims);

#endif
