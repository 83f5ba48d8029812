"""Generated from include/kiem by generate_ffi.py; do not edit."""
from ctypes import (CDLL, CFUNCTYPE, POINTER, Structure, c_char_p, c_int32, c_int64, c_size_t, c_uint64,
                    c_void_p)
from typing import Any

HEADER_VERSION = 100

KIEM_OK = 0
KIEM_E_ARGUMENT = 1
KIEM_E_NOMEM = 2
KIEM_E_IO = 3
KIEM_E_FORMAT = 4
KIEM_E_POLICY = 5
KIEM_E_STATE = 6
KIEM_E_RANGE = 7
KIEM_E_BUSY = 8
KIEM_E_CANCELLED = 9
KIEM_E_UNSUPPORTED = 10
KIEM_E_NOT_FOUND = 11
KIEM_E_INTERNAL = 12
KIEM_SEVERITY_OFF = 0
KIEM_SEVERITY_NOTICE = 1
KIEM_SEVERITY_SUSPICION = 2
KIEM_SEVERITY_VIOLATION = 3
KIEM_SEVERITY_ERROR = 4
KIEM_LOG_DEBUG = 10
KIEM_LOG_INFO = 20
KIEM_LOG_WARNING = 30
KIEM_LANG_VI = 0
KIEM_LANG_EN = 1
KIEM_FLOAT32 = 32
KIEM_FLOAT64 = 64


class Progress(Structure):
    _fields_ = [
        ("struct_size", c_size_t),
        ("phase", c_char_p),
        ("bytes_done", c_uint64),
        ("bytes_total", c_uint64),
        ("rows", c_uint64),
        ("rejects", c_uint64),
        ("findings", c_uint64),
    ]


FUNCTIONS: dict[str, tuple[Any, list[Any]]] = {
    "kiem_version": (c_int32, []),
    "kiem_version_text": (c_char_p, []),
    "kiem_status_name": (c_char_p, [c_int32]),
    "kiem_status_sentence": (c_char_p, [c_int32]),
    "kiem_message_in": (c_int32, [c_int32, c_char_p, c_char_p, c_size_t]),
    "kiem_env_new": (c_int32, [c_void_p, c_void_p, POINTER(c_void_p)]),
    "kiem_env_free": (None, [c_void_p]),
    "kiem_error_new": (c_int32, [c_void_p, POINTER(c_void_p)]),
    "kiem_error_free": (None, [c_void_p]),
    "kiem_error_status": (c_int32, [c_void_p]),
    "kiem_error_message": (c_char_p, [c_void_p]),
    "kiem_error_file": (c_char_p, [c_void_p]),
    "kiem_error_line": (c_int64, [c_void_p]),
    "kiem_error_column": (c_int64, [c_void_p]),
    "kiem_error_offset": (c_int64, [c_void_p]),
    "kiem_table_free": (None, [c_void_p]),
    "kiem_table_copy": (c_int32, [c_void_p, POINTER(c_void_p), c_void_p]),
    "kiem_table_name": (c_char_p, [c_void_p]),
    "kiem_table_rows": (c_int64, [c_void_p]),
    "kiem_table_columns": (c_int32, [c_void_p]),
    "kiem_table_column_name": (c_char_p, [c_void_p, c_int32]),
    "kiem_table_column_format": (c_char_p, [c_void_p, c_int32]),
    "kiem_table_find": (c_int32, [c_void_p, c_char_p]),
    "kiem_table_values": (c_int32, [c_void_p, c_int32, POINTER(c_void_p), POINTER(c_void_p)]),
    "kiem_table_texts": (c_int32, [c_void_p, c_int32, POINTER(c_void_p), POINTER(c_void_p), POINTER(c_void_p)]),
    "kiem_table_cell": (c_int32, [c_void_p, c_int64, c_int32, c_char_p, c_size_t, POINTER(c_size_t)]),
    "kiem_policy_new": (c_int32, [c_void_p, c_char_p, POINTER(c_void_p), c_void_p]),
    "kiem_policy_free": (None, [c_void_p]),
    "kiem_policy_add_rules": (c_int32, [c_void_p, c_char_p, c_char_p, c_size_t, c_void_p]),
    "kiem_policy_set_table": (c_int32, [c_void_p, c_char_p, c_char_p, c_char_p, c_size_t, c_void_p]),
    "kiem_policy_compile": (c_int32, [c_void_p, c_void_p]),
    "kiem_policy_rules": (c_int32, [c_void_p, POINTER(c_void_p), c_void_p]),
    "kiem_policy_test": (c_int32, [c_void_p, c_char_p, POINTER(c_void_p), c_void_p]),
    "kiem_batch_new": (c_int32, [c_void_p, POINTER(c_void_p), c_void_p]),
    "kiem_batch_new_lines": (c_int32, [c_void_p, c_char_p, POINTER(c_void_p), c_void_p]),
    "kiem_batch_free": (None, [c_void_p]),
    "kiem_batch_rows": (c_int64, [c_void_p]),
    "kiem_batch_set": (c_int32, [c_void_p, c_char_p, c_char_p, c_size_t, c_void_p]),
    "kiem_batch_end_row": (c_int32, [c_void_p, c_void_p]),
    "kiem_batch_clear": (None, [c_void_p]),
    "kiem_reader_new": (c_int32, [c_void_p, c_char_p, c_int32, POINTER(c_void_p), c_void_p]),
    "kiem_reader_free": (None, [c_void_p]),
    "kiem_reader_push": (c_int32, [c_void_p, c_void_p, c_size_t, c_void_p]),
    "kiem_reader_finish": (c_int32, [c_void_p, c_void_p]),
    "kiem_reader_next": (c_int32, [c_void_p, POINTER(c_void_p), c_void_p]),
    "kiem_reader_rejects": (c_int32, [c_void_p, POINTER(c_void_p), c_void_p]),
    "kiem_state_new": (c_int32, [c_void_p, POINTER(c_void_p), c_void_p]),
    "kiem_state_free": (None, [c_void_p]),
    "kiem_state_learn": (c_int32, [c_void_p, c_void_p, c_void_p]),
    "kiem_state_merge": (c_int32, [c_void_p, c_void_p, c_int32, c_void_p]),
    "kiem_state_claims": (c_int64, [c_void_p]),
    "kiem_state_save": (c_int32, [c_void_p, CFUNCTYPE(c_int32, c_void_p, c_void_p, c_size_t), c_void_p, c_void_p]),
    "kiem_state_load": (c_int32, [c_void_p, CFUNCTYPE(c_int64, c_void_p, c_void_p, c_size_t), c_void_p, POINTER(c_void_p), c_void_p]),
    "kiem_judge_new": (c_int32, [c_void_p, c_void_p, c_int32, POINTER(c_void_p), c_void_p]),
    "kiem_judge_free": (None, [c_void_p]),
    "kiem_judge_use_state": (c_int32, [c_void_p, c_void_p, c_void_p]),
    "kiem_judge_batch": (c_int32, [c_void_p, c_void_p, POINTER(c_void_p), c_void_p]),
    "kiem_judge_claims": (c_int32, [c_void_p, c_void_p, c_void_p, c_void_p, POINTER(c_void_p), c_void_p]),
    "kiem_judge_xml": (c_int32, [c_void_p, c_char_p, c_void_p, c_size_t, POINTER(c_void_p), c_void_p]),
    "kiem_job_new": (c_int32, [c_void_p, c_void_p, POINTER(c_void_p), c_void_p]),
    "kiem_job_free": (None, [c_void_p]),
    "kiem_job_set": (c_int32, [c_void_p, c_char_p, c_char_p, c_void_p]),
    "kiem_job_add_file": (c_int32, [c_void_p, c_char_p, c_char_p, c_void_p]),
    "kiem_job_add_stream": (c_int32, [c_void_p, c_char_p, c_char_p, CFUNCTYPE(c_int64, c_void_p, c_void_p, c_size_t), c_void_p, c_void_p]),
    "kiem_job_use_state": (c_int32, [c_void_p, c_void_p, c_void_p]),
    "kiem_job_on_progress": (None, [c_void_p, CFUNCTYPE(c_int32, c_void_p, c_void_p), c_void_p]),
    "kiem_job_run": (c_int32, [c_void_p, c_void_p]),
    "kiem_job_learn": (c_int32, [c_void_p, c_void_p, c_int32, c_void_p]),
    "kiem_job_cancel": (None, [c_void_p]),
    "kiem_job_table": (c_int32, [c_void_p, c_char_p, POINTER(c_void_p), c_void_p]),
    "kiem_job_table_name": (c_char_p, [c_int32]),
    "kiem_job_summary": (c_int32, [c_void_p, POINTER(c_void_p), c_void_p]),
    "kiem_outlier_new": (c_int32, [c_void_p, POINTER(c_void_p), c_void_p]),
    "kiem_outlier_free": (None, [c_void_p]),
    "kiem_outlier_set": (c_int32, [c_void_p, c_char_p, c_char_p, c_void_p]),
    "kiem_outlier_fit": (c_int32, [c_void_p, c_void_p, c_int32, c_int64, c_int32, c_int64, c_void_p]),
    "kiem_outlier_score": (c_int32, [c_void_p, c_void_p, c_int32, c_int64, c_int32, c_int64, c_void_p, c_void_p]),
    "kiem_outlier_explain": (c_int32, [c_void_p, c_void_p, c_int32, c_int64, c_int32, c_int64, c_void_p, c_void_p, c_void_p]),
    "kiem_outlier_columns": (c_int32, [c_void_p]),
    "kiem_outlier_features": (c_char_p, [c_void_p]),
    "kiem_outlier_fact": (c_int32, [c_void_p, c_char_p, c_void_p, c_void_p]),
    "kiem_outlier_save": (c_int32, [c_void_p, c_void_p, c_size_t, POINTER(c_size_t), c_void_p]),
    "kiem_outlier_load": (c_int32, [c_void_p, c_void_p, c_size_t, POINTER(c_void_p), c_void_p]),
    "kiem_sample_draw": (c_int32, [c_void_p, c_void_p, c_char_p, c_void_p, c_int64, c_int64, c_uint64, c_void_p, c_void_p, c_void_p]),
    "kiem_sample_estimate": (c_int32, [c_void_p, c_void_p, c_void_p, c_void_p, c_int64, c_int32, POINTER(c_void_p), c_void_p]),
    "kiem_job_add_arrow": (c_int32, [c_void_p, c_char_p, c_char_p, c_void_p, c_void_p]),
    "kiem_table_export_arrow": (c_int32, [c_void_p, c_void_p, c_void_p]),
}


def declare(library: CDLL) -> None:
    """Sets the types of every function; raises AttributeError when the library lacks one."""
    for name, (result, arguments) in FUNCTIONS.items():
        function = getattr(library, name)
        function.restype = result
        function.argtypes = arguments
