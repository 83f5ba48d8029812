#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "synth/synth.h"

static const char help_vi[] =
    "kiem synth [tuỳ chọn]\n"
    "\n"
    "  tạo hồ sơ giả định, không có người thật: claims.csv drugs.csv services.csv budgets.csv\n"
    "  facilities.csv labels.csv README.txt\n"
    "  --out DIR         thư mục để ghi, bắt buộc\n"
    "  --claims N        số hồ sơ; mặc định 20000\n"
    "  --seed S          cùng một số thì kết quả giống nhau từng byte; mặc định 1\n"
    "  --fraud RATE      tỷ lệ hồ sơ được cài dấu hiệu bất thường, 0 đến 0.3 (mặc định 0); labels.csv\n"
    "                    cho biết hồ sơ nào\n"
    "  --from, --to      ngày ra viện đầu và cuối (yyyy-mm-dd)\n"
    "  --provinces LIST  các mã tỉnh hai chữ số, cách nhau bằng dấu phẩy\n"
    "  --details on|off|auto   có ghi drugs.csv và services.csv không; mặc định auto: có, khi không\n"
    "                    quá 100000 hồ sơ theo 3176\n"
    "  --standard 3176|4210    các cột của claims.csv; mặc định 3176\n"
    "  --lang vi|en      ngôn ngữ; mặc định vi\n";

static const char help_en[] =
    "kiem synth [options]\n"
    "\n"
    "  writes invented claims, of no real person: claims.csv drugs.csv services.csv budgets.csv\n"
    "  facilities.csv labels.csv README.txt\n"
    "  --out DIR         the folder to write to, required\n"
    "  --claims N        number of claims; default 20000\n"
    "  --seed S          the same seed gives the same bytes; default 1\n"
    "  --fraud RATE      share of the claims planted abnormal, 0 to 0.3; labels.csv tells which; default 0\n"
    "  --from, --to      first and last day of discharge (yyyy-mm-dd)\n"
    "  --provinces LIST  two-digit codes joined by commas\n"
    "  --details on|off|auto   whether drugs.csv and services.csv are written; default auto: with up\n"
    "                    to 100000 claims of 3176\n"
    "  --standard 3176|4210    columns of claims.csv; default 3176\n"
    "  --lang vi|en      language; default vi\n";

int cli_synth(int argc, char **argv) {
    struct synth_options options;
    char error[512] = "";
    if (argc > 0 && strcmp(argv[0], "--help") == 0) {
        fputs(cli_say(help_vi, help_en), stdout);
        return EXIT_DONE;
    }
    synth_options_default(&options);
    options.vietnamese = cli_vietnamese();
    int status = synth_options_parse(&options, argc, argv, error, sizeof error);
    if (status == SYNTH_OK) status = synth_run(&options, error, sizeof error);
    if (status != SYNTH_OK) fprintf(stderr, "kiem: %s\n", error);
    return status == SYNTH_OK             ? EXIT_DONE
           : status == SYNTH_BAD_OPTION   ? EXIT_USAGE
           : status == SYNTH_CANNOT_WRITE ? EXIT_INPUT
                                          : EXIT_INTERNAL;
}
