"""The doors of the service: chat (Gradio), HTTP (FastAPI) and the command line. Each of them thin."""
