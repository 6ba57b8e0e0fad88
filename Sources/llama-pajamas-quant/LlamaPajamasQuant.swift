import ArgumentParser
import CommandSupport

@main
struct LlamaPajamasQuant: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "llama-pajamas-quant",
        abstract: "Fetches, describes, quantizes and validates language models.",
        discussion: """
            A MODEL is a folder in the Hugging Face layout, or a repository of the hub: OWNER/NAME or \
            OWNER/NAME@REVISION. What is fetched lies in the cache that Python's huggingface_hub uses too; HF_HOME, \
            HF_HUB_CACHE, HF_TOKEN, HF_ENDPOINT and HF_HUB_OFFLINE mean here what they mean there.

            Examples:
              llama-pajamas-quant info Qwen/Qwen3-8B
              llama-pajamas-quant convert --model Qwen/Qwen3-8B --output ./models/qwen3-8b --formats gguf,mlx \\
                --precision q4_k_m:4bit
              llama-pajamas-quant validate --original Qwen/Qwen3-8B \\
                --quantized ./models/qwen3-8b/gguf/qwen3-8b-q4_k_m.gguf --metrics perplexity

            Shell completions: llama-pajamas-quant --generate-completion-script bash (or zsh, fish).

            Exit codes: 0 done, 1 a gate failed or a demanded target is infeasible, 2 bad usage, 3 the evidence does \
            not suffice for a verdict, 4 the work could not be done.
            """,
        subcommands: [
            InfoCommand.self, DownloadCommand.self, ConvertCommand.self, ValidateCommand.self, CalibrateCommand.self,
        ])

    static func main() { runToEnd() }
}
